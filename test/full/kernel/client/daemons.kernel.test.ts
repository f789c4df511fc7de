import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { IpvsClient } from '../../../../native/ipvs/client.js';
import type { IpvsDaemonConfig } from '../../../../native/ipvs/types.js';
import { NetlinkConnection } from '../../../../native/netlink/connection.js';
import {
  destination,
  keyOf,
  refusal,
  tcpService,
  withIpvsClient,
} from '../../../kernel/support/ipvs-client.js';
import { inNewNamespace } from '../../../kernel/support/namespace.js';
import { AlteringTransport } from './support/altering-transport.js';
import { ipvsadm, withoutIpvsadm } from './support/witness.js';

/** What the kernel fills in. */
const defaults = { group: '224.0.0.81', port: 8848, ttl: 1 };

interface Case {
  readonly name: string;
  readonly daemon: IpvsDaemonConfig;
  readonly listed: IpvsDaemonConfig;
}

/** An interface over which the namespace reaches multicast groups of both families; lo has no IPv6 ones. */
function addInterface(mtu = 1500): void {
  const commands = [
    'link add sync0 type dummy',
    `link set sync0 mtu ${mtu} up`,
    'address add 10.9.9.9/24 dev sync0',
    'address add 2001:db8:9::9/64 dev sync0 nodad',
  ];
  execFileSync('ip', ['-batch', '-'], { input: `${commands.join('\n')}\n` });
}

const cases: readonly Case[] = [
  {
    name: 'master with the defaults',
    daemon: { role: 'master', interface: 'lo', syncId: 0 },
    listed: { role: 'master', interface: 'lo', syncId: 0, maxLength: 1472, ...defaults },
  },
  {
    name: 'backup with the defaults',
    daemon: { role: 'backup', interface: 'lo', syncId: 255 },
    listed: { role: 'backup', interface: 'lo', syncId: 255, maxLength: 65507, ...defaults },
  },
  ...(['master', 'backup'] as const).flatMap((role): Case[] => {
    const ipv4: IpvsDaemonConfig = {
      ...{ role, interface: 'sync0', syncId: 51, maxLength: 4321 },
      ...{ group: '239.1.2.3', port: 12345, ttl: 255 },
    };
    const ipv6: IpvsDaemonConfig = { ...ipv4, group: 'ff02::1234', port: 65535, ttl: 2 };
    return [
      { name: `${role} with everything set`, daemon: ipv4, listed: ipv4 },
      { name: `${role} with an IPv6 group`, daemon: ipv6, listed: ipv6 },
    ];
  }),
];

/** As the stock tool lists it. */
function listedLine(daemon: IpvsDaemonConfig): string {
  const values = [
    `mcast=${daemon.interface}`,
    `syncid=${daemon.syncId}`,
    `maxlen=${daemon.maxLength}`,
    `group=${daemon.group}`,
    `port=${daemon.port}`,
    `ttl=${daemon.ttl}`,
  ];
  return `${daemon.role} sync daemon (${values.join(', ')})\n`;
}

describe('a sync daemon', { skip: withoutIpvsadm }, () => {
  for (const { name, daemon, listed } of cases) {
    it(`is started, listed and stopped: ${name}`, () =>
      withIpvsClient((client) => {
        addInterface();
        client.run({ command: 'start-daemon', daemon });
        assert.deepEqual(client.daemons(), [listed]);
        assert.equal(ipvsadm('-L', '--daemon'), listedLine(listed));
        client.run({ command: 'stop-daemon', role: daemon.role });
        assert.deepEqual(client.daemons(), []);
        assert.equal(ipvsadm('-L', '--daemon'), '');
      }));
  }

  it('runs in both roles at once, each stopped by itself', () =>
    withIpvsClient((client) => {
      client.run({ command: 'start-daemon', daemon: { role: 'backup', interface: 'lo', syncId: 2 } });
      client.run({ command: 'start-daemon', daemon: { role: 'master', interface: 'lo', syncId: 1 } });
      const roles = (): string[] => client.daemons().map((daemon) => `${daemon.role} ${daemon.syncId}`);
      assert.deepEqual(roles(), ['master 1', 'backup 2']);
      client.run({ command: 'stop-daemon', role: 'master' });
      assert.deepEqual(roles(), ['backup 2']);
      client.run({ command: 'stop-daemon', role: 'backup' });
      assert.deepEqual(roles(), []);
    }));

  it('is as the stock tool started it', () =>
    withIpvsClient((client) => {
      addInterface();
      ipvsadm(
        ...[
          '--start-daemon',
          'master',
          '--mcast-interface',
          'sync0',
          '--syncid',
          '7',
          '--sync-maxlen',
          '1000',
        ],
        ...['--mcast-group', 'ff02::1', '--mcast-port', '9000', '--mcast-ttl', '9'],
      );
      assert.deepEqual(client.daemons(), [
        {
          ...{ role: 'master', interface: 'sync0', syncId: 7, maxLength: 1000 },
          ...{ group: 'ff02::1', port: 9000, ttl: 9 },
        },
      ]);
      client.run({ command: 'stop-daemon', role: 'master' });
    }));

  it('fills an ordinary frame as master, and takes what its interface may bring as backup', () =>
    withIpvsClient((client) => {
      addInterface(9000);
      client.run({ command: 'start-daemon', daemon: { role: 'master', interface: 'sync0', syncId: 1 } });
      client.run({ command: 'start-daemon', daemon: { role: 'backup', interface: 'sync0', syncId: 1 } });
      assert.deepEqual(
        client.daemons().map((daemon) => daemon.maxLength),
        [1500 - 28, 9000 - 28],
      );
      client.run({ command: 'stop-daemon', role: 'master' });
      client.run({ command: 'stop-daemon', role: 'backup' });
    }));

  for (const role of ['master', 'backup'] as const) {
    it(`is stopped before it ever ran: ${role}, by a request of its own`, () =>
      withIpvsClient((client) => {
        for (let round = 0; round < 3; round++) {
          client.run({ command: 'start-daemon', daemon: { role, interface: 'lo', syncId: 1 } });
          client.run({ command: 'stop-daemon', role });
          assert.deepEqual(client.daemons(), []);
        }
      }));

    it(`is stopped before it ever ran: ${role}, as the last and as a middle one of a batch`, () =>
      withIpvsClient((client) => {
        const daemon = { role, interface: 'lo', syncId: 1 };
        const pair = [
          { command: 'start-daemon', daemon },
          { command: 'stop-daemon', role },
        ] as const;
        assert.deepEqual(client.batch(pair), [null, null]);
        assert.deepEqual(client.batch([...pair, ...pair, { command: 'flush' }]), [
          null,
          null,
          null,
          null,
          null,
        ]);
        assert.deepEqual(client.daemons(), []);
      }));
  }

  it('is stopped by one datagram, though the kernel acknowledges no stop of one that never ran', () =>
    inNewNamespace(() => {
      const transport = new AlteringTransport();
      const client = IpvsClient.connect(new NetlinkConnection(transport));
      try {
        const daemon = { role: 'master', interface: 'lo', syncId: 1 } as const;
        client.run({ command: 'start-daemon', daemon });
        const before = transport.sent;
        client.run({ command: 'stop-daemon', role: 'master' });
        assert.equal(transport.sent - before, 1);
        assert.deepEqual(client.daemons(), []);
      } finally {
        client.close();
      }
    }));

  it('is not started twice, nor stopped twice, also in one batch', () =>
    withIpvsClient((client) => {
      const start = {
        command: 'start-daemon',
        daemon: { role: 'master', interface: 'lo', syncId: 1 },
      } as const;
      const stop = { command: 'stop-daemon', role: 'master' } as const;
      const results = client.batch([stop, start, start, stop, stop]);
      assert.deepEqual(
        results.map((error) => error?.code ?? null),
        ['ERR_IPVS_DAEMON_NOT_RUNNING', null, 'ERR_IPVS_DAEMON_RUNNING', null, 'ERR_IPVS_DAEMON_NOT_RUNNING'],
      );
      assert.equal(results[0]?.message, 'stop master sync daemon: ESRCH');
      assert.equal(results[2]?.message, 'start master sync daemon on lo: EEXIST');
    }));

  it('keeps destinations of another family out, and is kept out by them', () =>
    withIpvsClient((client) => {
      const key = keyOf(tcpService('192.0.2.1', 80));
      const mixed = {
        command: 'add-destination',
        service: key,
        destination: destination('2001:db8::2', 80, { forwarding: 'tunnel' }),
      } as const;
      const start = {
        command: 'start-daemon',
        daemon: { role: 'backup', interface: 'lo', syncId: 1 },
      } as const;
      client.run({ command: 'add-service', service: tcpService('192.0.2.1', 80) });
      client.run(start);
      assert.equal(refusal(() => client.run(mixed)).code, 'ERR_IPVS_INVALID');
      client.run({ command: 'stop-daemon', role: 'backup' });
      client.run(mixed);
      assert.equal(refusal(() => client.run(start)).code, 'ERR_IPVS_INVALID');
      assert.deepEqual(client.daemons(), []);
    }));
});
