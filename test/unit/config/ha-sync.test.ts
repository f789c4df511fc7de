/** The daemons for connections in the file: what they mean, and what is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../src/config/load.js';
import type { SyncSettings } from '../../../src/model/sync-daemon.js';
import { loadText } from '../../support/config-text.js';
import { syncSettings } from '../../support/sync-settings.js';

const SHOP = '{ name: shop, address: 192.0.2.10:80, servers: [10.0.1.11] }';

interface Other {
  readonly services?: readonly string[];
  readonly director?: string;
}

const fileOf = (sync: string, { services = [SHOP], director = '' }: Other = {}): string => `
director: { ${director} }
services: [${services.join(', ')}]
ha:
  sync_daemon: { ${sync} }
  instances: [{ name: vi, interface: eth0, vrid: 51, addresses: [192.0.2.10/24] }]
`;

async function settingsOf(sync: string): Promise<SyncSettings | null | undefined> {
  return (await loadText(fileOf(sync))).model.ha?.syncDaemon;
}

async function refusals(sync: string, other: Other = {}): Promise<readonly string[]> {
  const error: unknown = await loadText(fileOf(sync, other)).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ConfigError, 'it was accepted');
  return error.problems.map(({ rule, path }) => `${rule} ${path}`);
}

describe('ha.sync_daemon', () => {
  it('follows an instance and has its vrid for a number', async () => {
    assert.deepEqual(await settingsOf('interface: eth1, follow: vi'), syncSettings());
  });

  it('takes every key as it is written', async () => {
    const keys = 'interface: eth2, role: both, id: 7, group: "FF02::51", port: 9000, ttl: 3, maxlen: 1400';
    const expected = { interface: 'eth2', syncId: 7, follow: null, group: 'ff02::51', port: 9000, ttl: 3 };
    assert.deepEqual(await settingsOf(keys), { ...expected, maxLength: 1400 });
  });

  it('is none by default', async () => {
    const text = fileOf('interface: eth1, follow: vi').replace(/ {2}sync_daemon.*\n/, '');
    assert.equal((await loadText(text)).model.ha?.syncDaemon, null);
  });

  const refused = [
    ['interface: eth1', 'sync-role ha.sync_daemon'],
    ['interface: eth1, follow: vi, role: both, id: 3', 'sync-role ha.sync_daemon.role'],
    ['interface: eth1, follow: other', 'unknown-instance ha.sync_daemon.follow'],
    ['interface: eth1, role: both', 'sync-id ha.sync_daemon.role'],
    ['interface: eth1, follow: vi, id: 256', 'out-of-range ha.sync_daemon.id'],
    ['interface: eth1, follow: vi, group: 192.0.2.1', 'bad-group ha.sync_daemon.group'],
    ['interface: eth1, follow: vi, maxlen: 1023', 'out-of-range ha.sync_daemon.maxlen'],
    ['interface: eth1, follow: vi, maxlen: 65488', 'out-of-range ha.sync_daemon.maxlen'],
  ] as const;
  for (const [keys, problem] of refused)
    it(`refuses { ${keys} }`, async () => {
      assert.deepEqual(await refusals(keys), [problem]);
    });

  it('refuses servers of another family than their service, which the kernel does', async () => {
    const far =
      '{ name: far, address: 192.0.2.11:80, forwarding: tun, servers: [10.0.1.11, "[2001:db8::1]:80"] }';
    assert.deepEqual(await refusals('interface: eth1, follow: vi', { services: [SHOP, far] }), [
      'sync-family services[1].servers[1].address',
    ]);
  });

  it('refuses to go with the userspace plane alone', async () => {
    assert.deepEqual(await refusals('interface: eth1, follow: vi', { director: 'dataplane: proxy' }), [
      'sync-without-kernel ha.sync_daemon',
    ]);
  });
});
