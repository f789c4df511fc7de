import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unplannedChanges } from '../../../src/daemon/unplanned-changes.js';
import type { Model } from '../../../src/model/director.js';
import { loadText } from '../../support/config-text.js';

const NOTICES = `notices:
  - { name: stays, type: exec, command: [/bin/true] }
  - { name: gone, type: exec, command: [/bin/true] }
  - { name: hook, type: webhook, url: "http://127.0.0.1:1/hunter2" }
`;

async function modelOf(director: string, notices: string): Promise<Model> {
  const service = 'services:\n  - { name: a, address: "127.0.0.1:80", servers: ["127.0.0.1:81"] }\n';
  const { model } = await loadText(`director: { dataplane: proxy${director} }\n${service}${notices}`);
  return model;
}

describe('changes beside the table', () => {
  it('are none when the file says the same', async () => {
    assert.deepEqual(unplannedChanges(await modelOf('', NOTICES), await modelOf('', NOTICES)), []);
  });

  it('are notices and settings of the director, by name and without values', async () => {
    const after = NOTICES.replace('gone', 'new').replace('hunter2', 'hunter3');
    const more = ', drift: alert, health: { max_rate: 7 }';
    assert.deepEqual(unplannedChanges(await modelOf('', NOTICES), await modelOf(more, after)), [
      'notice new added',
      'notice hook changed',
      'notice gone removed',
      'director.drift changed',
      'director.health changed',
    ]);
  });

  it('are checks and agents, by how many servers are asked otherwise from now on', async () => {
    const of = async (a: string, b: string): Promise<Model> => {
      const service = (name: string, port: number, keys: string, servers: string): string =>
        `  - { name: ${name}, address: "127.0.0.1:${port}", ${keys}, servers: [${servers}] }\n`;
      const services =
        service('a', 80, a, '"127.0.0.1:81", "127.0.0.1:82"') + service('b', 90, b, '"127.0.0.1:91"');
      return (await loadText(`director: { dataplane: proxy }\nservices:\n${services}`)).model;
    };
    const before = await of('check: { type: tcp }', 'scheduler: rr');
    assert.deepEqual(
      unplannedChanges(before, await of('check: { type: tcp, interval: 7s }', 'scheduler: wlc')),
      ['checks changed: 2 servers'],
    );
    assert.deepEqual(unplannedChanges(before, await of('check: { type: none }', 'check: { type: none }')), [
      'checks changed: 3 servers',
    ]);
    assert.deepEqual(unplannedChanges(before, { ...before, services: before.services.slice(1) }), []);
  });

  it('are instances of VRRP, a changed password among them', async () => {
    const instance = (name: string, keys: string): string =>
      `    - { name: ${name}, interface: eth0, ${keys} }\n`;
    const secret = 'vrid: 53, addresses: [192.0.2.12/24], version: 2, password: "${PASSWORD}"';
    const stays = instance('stays', 'vrid: 51, addresses: [192.0.2.10/24]');
    const gone = instance('gone', 'vrid: 52, addresses: [192.0.2.11/24]');
    const came = instance('came', 'vrid: 52, addresses: [192.0.2.11/24]');
    const model = async (ha: string, PASSWORD: string): Promise<Model> =>
      (await loadText(`ha:\n${ha}`, { environment: { PASSWORD } })).model;
    const before = await model(`  instances:\n${stays}${gone}${instance('old', secret)}`, 'one');
    const after = await model(
      `  on_crash: hold\n  instances:\n${stays}${came}${instance('old', secret)}`,
      'other',
    );
    assert.deepEqual(unplannedChanges(before, after), [
      'instance came added',
      'instance old changed',
      'instance gone removed',
      'ha.on_crash changed',
    ]);
    assert.deepEqual(unplannedChanges(before, { ...before, ha: null }), [
      'instance stays removed',
      'instance gone removed',
      'instance old removed',
    ]);
  });

  it('are what instances depend on, whom they tell, and witnesses', async () => {
    const of = async (keys: string, ha = ''): Promise<Model> =>
      (
        await loadText(
          `ha:\n${ha}  instances:\n    - { name: vi_shop, interface: eth0, vrid: 51, addresses: [192.0.2.10/24]${keys} }\n`,
        )
      ).model;
    const before = await of('');
    for (const keys of [
      ', track: { processes: [nginx] }',
      ', track: { interfaces: [eth1] }',
      ', heartbeat: [{ interface: eth1, peer: 10.0.1.3 }]',
      ', preempt: { delay: 30s }',
      ', notify: { active: [/bin/true] }',
    ])
      assert.deepEqual(unplannedChanges(before, await of(keys)), ['instance vi_shop changed'], keys);
    assert.deepEqual(unplannedChanges(before, await of('', '  witness: [192.0.2.1]\n')), [
      'ha.witness changed',
    ]);
  });

  it('are the daemons for connections: one that comes, goes, or is another one', async () => {
    const of = async (sync: string): Promise<Model> =>
      (
        await loadText(
          `services: [{ name: a, address: "192.0.2.10:80", servers: ["10.0.1.11"] }]\n` +
            `ha:\n${sync}  instances: [{ name: vi, interface: eth0, vrid: 51, addresses: [192.0.2.10/24] }]\n`,
        )
      ).model;
    const none = await of('');
    const one = await of('  sync_daemon: { interface: eth1, follow: vi }\n');
    const other = await of('  sync_daemon: { interface: eth2, follow: vi }\n');
    for (const [before, now] of [
      [none, one],
      [one, other],
      [one, none],
    ] as const)
      assert.deepEqual(unplannedChanges(before, now), ['ha.sync_daemon changed']);
    assert.deepEqual(unplannedChanges(one, one), []);
  });
});
