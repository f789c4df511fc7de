/** Which services of the table are there for probes, by the record of whoever made them. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readProbeMarks } from '../../../src/lvsadm/own-probes.js';

const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
const { dev, ino } = statSync('/proc/thread-self/ns/net', { bigint: true });
const here = { bootId, namespace: `${dev}:${ino}`, namespaceCookie: null };

const services = [
  { service: 'tcp:192.0.2.10:80', name: 'shop', leaving: [] },
  { service: 'fwmark:7', name: 'calls', leaving: [] },
  { service: 'fwmark:1275068417', name: 'probe shop/10.0.0.1:80', kind: 'probe', leaving: [] },
  { service: 'fwmark6:1275068418', name: 'probe shop6/[2001:db8::1]:80', kind: 'probe', leaving: [] },
];

describe('readProbeMarks', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lvsd-own-probes-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const record = (content: unknown): void =>
    writeFileSync(join(folder, 'ownership.json'), JSON.stringify({ content }));
  const read = (environment: Record<string, string> = { LVSD_STATE_DIR: folder }): number[] => [
    ...readProbeMarks({ uid: 0, environment }),
  ];

  it('gives the marks of both families that are recorded for probes, and no other', () => {
    record({ host: here, services });
    assert.deepEqual(read(), [1275068417, 1275068418]);
  });

  it('gives none without a record, and where the folder is none', () => {
    assert.deepEqual(read(), []);
    record({ host: here, services });
    assert.deepEqual(read({ LVSD_STATE_DIR: join(folder, 'ownership.json') }), []);
  });

  it('gives none of another boot or network namespace, whose marks may be anybody’s here', () => {
    for (const host of [
      { ...here, bootId: '00000000-0000-0000-0000-000000000000' },
      { ...here, namespace: '4:1' },
    ]) {
      record({ host, services });
      assert.deepEqual(read(), []);
    }
  });

  it('looks in the state_dir of the user where none is named', () => {
    const stateDir = join(folder, '.local', 'state', 'lvsd');
    mkdirSync(stateDir, { recursive: true });
    writeFileSync(join(stateDir, 'ownership.json'), JSON.stringify({ content: { host: here, services } }));
    const environment = { LVSD_STATE_DIR: '', XDG_STATE_HOME: join(folder, '.local', 'state') };
    assert.equal(readProbeMarks({ uid: 1000, environment }).size, 2);
  });

  for (const { name, text } of [
    { name: 'no JSON', text: 'half a rec' },
    { name: 'JSON of something else', text: '{"content":{"services":1}}' },
    { name: 'JSON without content', text: '{}' },
  ])
    it(`refuses ${name}, by the name of the file, rather than to leave nothing out`, () => {
      writeFileSync(join(folder, 'ownership.json'), text);
      assert.throws(() => read(), {
        message: `read ${join(folder, 'ownership.json')}: it is no record of lvsd's`,
      });
    });
});
