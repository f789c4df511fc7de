import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { IP_VS_SVC_F_HASHED, IP_VS_SVC_F_PERSISTENT } from '../../../native/ipvs/constants.js';
import type {
  IpvsDaemonConfig,
  IpvsDestinationConfig,
  IpvsRequest,
  IpvsServiceConfig,
} from '../../../native/ipvs/types.js';
import {
  destination,
  fwmarkService,
  keyOf,
  noTraffic,
  refusal,
  tcpKey,
  tcpService,
  udpService,
  withIpvsClient,
} from '../support/ipvs-client.js';

const gue = { type: 'gue', port: 6080, checksum: 'on' } as const;
const persistent = { flags: IP_VS_SVC_F_PERSISTENT, timeoutSec: 360 };

/** A table with some of everything. */
const rules: readonly (readonly [IpvsServiceConfig, ...IpvsDestinationConfig[]])[] = [
  [
    tcpService('192.0.2.1', 80, { ...persistent, scheduler: 'wlc', netmask: 0xffff0000 }),
    destination('10.0.0.1', 8080, { weight: 65535, upperThreshold: 9, lowerThreshold: 3 }),
    destination('10.0.0.2', 80, { forwarding: 'droute', weight: 0 }),
    destination('2001:db8::2', 80, { forwarding: 'tunnel', tunnel: gue }),
  ],
  [
    udpService('2001:db8::1', 5060, { ...persistent, netmask: 64, persistenceEngine: 'sip' }),
    destination('2001:db8::2', 5060, { weight: 2 ** 31 - 1 }),
  ],
  [fwmarkService('ipv4', 7, { scheduler: 'none' })],
  [fwmarkService('ipv6', 0xffffffff, { scheduler: 'mh' }), destination('2001:db8::3', 0)],
];

function additions(): IpvsRequest[] {
  return rules.flatMap(([service, ...servers]): IpvsRequest[] => [
    { command: 'add-service', service },
    ...servers.map((server) => {
      return { command: 'add-destination', service: keyOf(service), destination: server } as const;
    }),
  ]);
}

describe('the IPVS client', () => {
  it('reads back what it wrote', () =>
    withIpvsClient((client) => {
      assert.deepEqual(new Set(client.batch(additions())), new Set([null]));
      assert.equal(client.services().length, rules.length);
      for (const [service, ...servers] of rules) {
        const flags = service.flags | IP_VS_SVC_F_HASHED;
        assert.deepEqual(client.service(keyOf(service)), { ...service, flags, stats: noTraffic });
        assert.deepEqual(
          client.destinations(keyOf(service)),
          servers.toReversed().map((server) => ({
            ...server,
            tunnel: server.tunnel ?? { type: 'ipip', port: 0, checksum: 'none' },
            ...{ activeConnections: 0, inactiveConnections: 0, persistentConnections: 0, stats: noTraffic },
          })),
        );
      }
      assert.match(readFileSync('/proc/net/ip_vs', 'utf8'), /-> 0A000001:1F90 +Masq +65535 +0 +0 +\n/);
      client.run({ command: 'flush' });
      assert.deepEqual(client.services(), []);
    }));

  it("gives the kernel's answer to each change of a batch", () =>
    withIpvsClient((client) => {
      const requests = Array.from({ length: 3_000 }, (_, index): IpvsRequest => {
        const key = tcpService('192.0.2.1', 1 + Math.floor(index / 3));
        if (index % 3 === 0) return { command: 'add-service', service: key };
        if (index % 3 === 1)
          return { command: 'add-destination', service: key, destination: destination('10.0.0.1', 1) };
        return { command: 'edit-destination', service: key, destination: destination('10.0.0.2', 1) };
      });
      const words = client.batch(requests).map((error) => error?.code ?? null);
      assert.deepEqual(
        words,
        requests.map((_, index) => (index % 3 === 2 ? 'ERR_IPVS_DESTINATION_UNKNOWN' : null)),
      );
      assert.equal(client.serviceEntries().length, 1_000);
    }));

  it('says what was refused, and why', () =>
    withIpvsClient((client) => {
      const message = (request: IpvsRequest): string => {
        const error = refusal(() => client.run(request));
        return `${error.code}: ${error.message}`;
      };
      const service = tcpService('192.0.2.1', 80);
      assert.equal(
        message({ command: 'delete-service', service }),
        'ERR_IPVS_SERVICE_UNKNOWN: delete service tcp:192.0.2.1:80: ESRCH',
      );
      assert.equal(
        message({ command: 'add-service', service: { ...service, scheduler: 'nosuch' } }),
        'ERR_IPVS_SCHEDULER_UNKNOWN: add service tcp:192.0.2.1:80: ENOENT',
      );
      assert.equal(
        message({ command: 'start-daemon', daemon: { role: 'backup', interface: 'no0', syncId: 1 } }),
        'ERR_IPVS_INTERFACE_UNKNOWN: start backup sync daemon on no0: ENODEV',
      );
      process.seteuid!(65534);
      try {
        assert.equal(message({ command: 'flush' }), 'ERR_IPVS_PERMISSION: flush the table: EPERM');
      } finally {
        process.seteuid!(0);
      }
    }));

  it('sets timeouts, and starts and stops a sync daemon', () =>
    withIpvsClient((client) => {
      client.run({ command: 'set-timeouts', timeouts: { tcpSec: 60, tcpFinSec: 0, udpSec: 30 } });
      assert.deepEqual(client.timeouts(), { tcpSec: 60, tcpFinSec: 120, udpSec: 30 });
      assert.equal(client.info().version, '1.2.1');
      const daemon: IpvsDaemonConfig = {
        ...{ role: 'master' as const, interface: 'lo', syncId: 5, maxLength: 1000 },
        ...{ group: '224.0.0.99', port: 9000, ttl: 2 },
      };
      client.run({ command: 'start-daemon', daemon });
      assert.deepEqual(client.daemons(), [daemon]);
      client.run({ command: 'stop-daemon', role: 'master' });
      assert.deepEqual(client.daemons(), []);
    }));

  it('keeps a connection over edits', () =>
    withIpvsClient(async (client) => {
      const server = createServer((socket) => socket.pipe(socket)).listen(8080, '127.0.0.2');
      await once(server, 'listening');
      const key = tcpKey('127.0.0.3', 80);
      const masq = destination('127.0.0.2', 8080);
      client.run({ command: 'add-service', service: tcpService('127.0.0.3', 80) });
      client.run({ command: 'add-destination', service: key, destination: masq });
      const socket = connect(80, '127.0.0.3');
      try {
        await once(socket, 'connect');
        client.run({ command: 'edit-service', service: tcpService('127.0.0.3', 80, { scheduler: 'wlc' }) });
        client.run({ command: 'edit-destination', service: key, destination: { ...masq, weight: 0 } });
        socket.write('still there');
        const [answer] = (await once(socket, 'data')) as [Buffer];
        assert.equal(answer.toString(), 'still there');
        assert.equal(client.destinations(key)[0]?.activeConnections, 1);
      } finally {
        socket.destroy();
        server.close();
      }
    }));
});
