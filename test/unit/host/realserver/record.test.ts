import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { RecordFile } from '../../../../src/host/realserver/record-file.js';
import { formatRecord, parseRecord, type RealServerRecord } from '../../../../src/host/realserver/record.js';
import { parseRequest } from '../../../../src/host/realserver/request.js';
import { setUp } from '../../../../src/host/realserver/setup.js';
import { defaultRoute, FakeHost, MemoryStore } from './fake-host.js';

function recordOf(...options: readonly Parameters<typeof parseRequest>[0][]): RealServerRecord {
  const [host, store] = [new FakeHost(), new MemoryStore()];
  host.routes.push(defaultRoute('ipv4', '10.0.0.254', 0));
  for (const each of options) setUp(host, store, parseRequest(each));
  return store.load()!;
}

const full = recordOf(
  { forwarding: 'dr', vip: ['192.0.2.1'], device: 'dummy' },
  { forwarding: 'tun', vip: ['2001:db8::1'], tunnel: 'gue' },
  { forwarding: 'nat', gateway: ['10.0.0.1'] },
);

describe('parseRecord', () => {
  it('reads every kind of step that formatRecord writes', () => {
    assert.equal(new Set(full.changes.map(({ step }) => step.kind)).size, 8);
    assert.deepEqual(parseRecord(formatRecord(full)), full);
  });

  const change = full.changes[0]!;
  const sysctl = { kind: 'write-sysctl', value: '1' };
  const malformed: readonly (readonly [string, unknown])[] = [
    ['a number', 7],
    ['another version', { ...full, version: 2 }],
    ['no identity', { ...full, identity: null }],
    ['no requests', { ...full, requests: null }],
    ['a request without addresses', { ...full, requests: [{ forwarding: 'dr' }] }],
    ['a tunnel without a type', { ...full, requests: [{ forwarding: 'tun', vips: [], tunnel: {} }] }],
    ['changes that are none', { ...full, changes: [null] }],
    ['an unknown step', { ...full, changes: [{ ...change, step: { kind: 'constructor' } }] }],
    ['a step without its link', { ...full, changes: [{ ...change, step: { kind: 'raise-link' } }] }],
    [
      'an address that is none',
      { ...full, changes: [{ ...change, step: { kind: 'add-address', device: 'lo' } }] },
    ],
    ['an old value that is no text', { ...full, changes: [{ ...change, before: 1 }] }],
    [
      'a way out',
      { ...full, changes: [{ ...change, step: { ...sysctl, path: 'net/ipv4/../../kernel/core_pattern' } }] },
    ],
    [
      'another setting',
      { ...full, changes: [{ ...change, step: { ...sysctl, path: 'kernel/core_pattern' } }] },
    ],
  ];
  for (const [name, value] of malformed) {
    it(`refuses ${name}`, () => assert.throws(() => parseRecord(JSON.stringify(value))));
  }

  it('refuses a text that is cut off, at every byte', () => {
    const text = formatRecord(full).trimEnd();
    for (let end = 0; end < text.length; end += 7) assert.throws(() => parseRecord(text.slice(0, end)));
  });
});

describe('RecordFile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvsd-record-'));
  after(() => rmSync(folder, { recursive: true }));

  it('is not read where somebody else may have written it', () => {
    const own = join(folder, 'own.json');
    new RecordFile(own).save(full);
    symlinkSync(own, join(folder, 'link.json'));
    assert.throws(() => new RecordFile(join(folder, 'link.json')).load(), { code: 'ERR_REALSERVER_RECORD' });
    chmodSync(own, 0o666);
    assert.throws(() => new RecordFile(own).load(), {
      code: 'ERR_REALSERVER_RECORD',
      message: /others may write it/,
    });
  });

  it('is what was saved, readable for its owner alone, with nothing beside it', () => {
    const file = new RecordFile(join(folder, 'new', 'realserver.json'));
    assert.equal(file.load(), null);
    writeFileSync(join(folder, 'other'), '');
    file.save(full);
    file.save(full);
    assert.deepEqual(new RecordFile(file.path).load(), full);
    assert.equal(statSync(file.path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(join(folder, 'new')), ['realserver.json']);
    file.save(null);
    file.save(null);
    assert.deepEqual(readdirSync(join(folder, 'new')), []);
  });

  it('keeps the old record when the new one cannot be written', () => {
    const file = new RecordFile(join(folder, 'kept.json'));
    file.save(full);
    const text = readFileSync(file.path, 'utf8');
    const impossible = new RecordFile(join(file.path, 'below.json'));
    assert.throws(() => impossible.save(full), {
      code: 'ERR_REALSERVER_RECORD',
      message: /^write record .*below\.json: (ENOTDIR|EEXIST); run it as root, or name another file/,
    });
    assert.equal(readFileSync(file.path, 'utf8'), text);
  });

  it('says what is wrong with a file', () => {
    const file = new RecordFile(join(folder, 'broken.json'));
    writeFileSync(file.path, '{');
    assert.throws(() => file.load(), {
      code: 'ERR_REALSERVER_RECORD',
      message: /^read record .*broken\.json: /,
    });
  });
});
