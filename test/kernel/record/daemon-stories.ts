import assert from 'node:assert/strict';
import type { IpvsDaemonConfig } from '../../../native/ipvs/types.js';
import { addAddress } from '../../../native/rtnetlink/addresses.js';
import { createLink, linkByName, setLinkState } from '../../../native/rtnetlink/links.js';
import { openRtnetlink } from '../../../native/rtnetlink/request.js';
import { refusal } from '../support/ipvs-client.js';
import type { Stage, Story } from './story.js';

/** An interface over which groups of both families are reached. */
function addInterface(): void {
  const connection = openRtnetlink();
  try {
    createLink(connection, { kind: 'dummy', name: 'sync0' });
    const { index } = linkByName(connection, 'sync0') ?? assert.fail('no interface sync0');
    setLinkState(connection, index, 'up');
    addAddress(connection, { index, address: '10.9.9.9', prefixLength: 24 });
    addAddress(connection, { index, address: '2001:db8:9::9', prefixLength: 64, noDad: true });
  } finally {
    connection.close();
  }
}

/** The kernel acknowledges the end of a daemon only if its thread has run: see native/ipvs/client.ts. */
export function letThreadRun(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
}

/** Starts both roles, lists, is refused twice of each, stops both. */
function live({ client, prepare }: Stage, master: IpvsDaemonConfig, backup: IpvsDaemonConfig): void {
  prepare(addInterface);
  assert.deepEqual(client.daemons(), []);
  client.run({ command: 'start-daemon', daemon: master });
  client.run({ command: 'start-daemon', daemon: backup });
  prepare(letThreadRun);
  const defaults = { group: '224.0.0.81', port: 8848, ttl: 1 };
  assert.deepEqual(client.daemons(), [
    { ...defaults, maxLength: 1472, ...master },
    { ...defaults, maxLength: 1472, ...backup },
  ]);
  const again = refusal(() => client.run({ command: 'start-daemon', daemon: master }));
  assert.equal(again.code, 'ERR_IPVS_DAEMON_RUNNING');
  client.run({ command: 'stop-daemon', role: 'master' });
  client.run({ command: 'stop-daemon', role: 'backup' });
  assert.deepEqual(client.daemons(), []);
  const gone = refusal(() => client.run({ command: 'stop-daemon', role: 'backup' }));
  assert.equal(gone.code, 'ERR_IPVS_DAEMON_NOT_RUNNING');
}

export const daemonStories: readonly Story[] = [
  {
    name: 'daemons-defaults',
    about: 'Sync daemons with what every kernel needs, and what it fills in.',
    tell: (stage) =>
      live(
        stage,
        { role: 'master', interface: 'sync0', syncId: 0 },
        { role: 'backup', interface: 'sync0', syncId: 255 },
      ),
  },
  {
    name: 'daemons-settings',
    about: 'Sync daemons with every setting, over an IPv4 and an IPv6 group.',
    tell: (stage) =>
      live(
        stage,
        {
          ...{ role: 'master', interface: 'sync0', syncId: 51, maxLength: 4321 },
          ...{ group: '239.1.2.3', port: 12345, ttl: 255 },
        },
        {
          ...{ role: 'backup', interface: 'sync0', syncId: 52, maxLength: 1400 },
          ...{ group: 'ff02::1234', port: 65535, ttl: 2 },
        },
      ),
  },
];
