import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type {
  AddressFilter,
  ModuleErrorDetails,
  NoticeTransport,
  RouteFilter,
} from '../../../native/index.js';
import * as native from '../../../native/index.js';
import * as rtnetlink from '../../../native/rtnetlink/constants.js';

const folder = fileURLToPath(new URL('../../../native/rtnetlink/', import.meta.url));
const sources = readdirSync(folder);
const sourceOf = (name: string): string => readFileSync(join(folder, name), 'utf8');
const types = sourceOf('types.ts');

/** `IFA_F_` of a comment that says `IFA_F_*`. */
const groups = [...types.matchAll(/`([A-Z_]+_)\*`/g)].map(([, prefix]) => prefix!);

describe('lvsd/native', () => {
  it('gives every constant that the types of rtnetlink name', () => {
    const named = [...types.matchAll(/`((?:IFA|IFF|RTN?|RTPROT|ARPHRD)_[A-Z0-9_]*[A-Z0-9])`/g)].map(
      ([, name]) => name!,
    );
    assert.ok(named.length > 3, named.join());
    assert.deepEqual(
      named.filter((name) => !(name in native)),
      [],
    );
  });

  it('gives whole groups of constants, with the values of the kernel', () => {
    assert.deepEqual([...new Set(groups)].sort(), [
      'ARPHRD_',
      'IFA_F_',
      'IFF_',
      'RTN_',
      'RTPROT_',
      'RT_SCOPE_',
      'RT_TABLE_',
    ]);
    const internal = ['RT_TABLE_UNSPEC'];
    const expected = Object.entries(rtnetlink).filter(
      ([name]) => groups.some((prefix) => name.startsWith(prefix)) && !internal.includes(name),
    );
    assert.ok(expected.length > 20, `${expected.length} constants`);
    const published = native as Readonly<Record<string, unknown>>;
    for (const [name, value] of expected) assert.equal(published[name], value, name);
  });

  it('gives every constant that rtnetlink itself has no use for', () => {
    const codecs = sources.filter((name) => name !== 'constants.ts').map((name) => sourceOf(name));
    const idle = Object.keys(rtnetlink).filter((name) => !codecs.some((text) => text.includes(name)));
    assert.deepEqual(
      idle.filter((name) => !(name in native)),
      [],
    );
  });

  it('gives the types of what its functions take and throw', () => {
    const filters: [AddressFilter, RouteFilter] = [{ family: 'ipv4' }, { table: null }];
    const details: ModuleErrorDetails = {
      operation: 'load module',
      module: 'ip_vs',
      exitStatus: 1,
      output: '',
    };
    const open: () => NoticeTransport = () => assert.fail('a watcher opens when it starts');
    const listener = { onNotice: () => assert.fail(), onFailure: () => assert.fail() };
    new native.NoticeWatcher(listener, open).close();
    assert.equal(new native.ModuleError('ERR_MODULE_REFUSED', 'no', details).details.module, 'ip_vs');
    assert.equal(filters.length, 2);
  });
});
