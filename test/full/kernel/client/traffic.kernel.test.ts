import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { IpvsClient } from '../../../../native/ipvs/client.js';
import { IP_VS_SVC_F_PERSISTENT } from '../../../../native/ipvs/constants.js';
import type { IpvsDestination, IpvsServiceKey, IpvsStats } from '../../../../native/ipvs/types.js';
import {
  destination,
  keyOf,
  noTraffic,
  tcpService,
  withIpvsClient,
} from '../../../kernel/support/ipvs-client.js';
import { addAddresses, connection, echo, EchoServer, end, untilKnown } from './support/traffic.js';
import { ipvsadm, listedCounters, procLines, withoutIpvsadm } from './support/witness.js';

const families = [
  { family: 'ipv4', vip: '192.0.2.1', real: '10.0.0.1' },
  { family: 'ipv6', vip: '2001:db8::1', real: '2001:db8::10' },
] as const;

function only(client: IpvsClient, key: IpvsServiceKey): IpvsDestination {
  const [first, ...rest] = client.destinations(key);
  assert.equal(rest.length, 0);
  return first!;
}

/** The counters that only grow. */
function totals(stats: IpvsStats): bigint[] {
  return [stats.connections, stats.inPackets, stats.outPackets, stats.inBytes, stats.outBytes];
}

function rates(stats: IpvsStats): bigint[] {
  return [
    stats.connectionsPerSec,
    stats.inPacketsPerSec,
    stats.outPacketsPerSec,
    stats.inBytesPerSec,
    stats.outBytesPerSec,
  ];
}

describe('a connection', { skip: withoutIpvsadm }, () => {
  for (const { family, vip, real } of families) {
    it(`survives edits of its service and its destination, and so do the counters: ${family}`, () =>
      withIpvsClient(async (client) => {
        addAddresses(vip, real);
        const server = await EchoServer.open(real, 8080);
        const key = keyOf(tcpService(vip, 80));
        const masq = destination(real, 8080);
        client.run({ command: 'add-service', service: tcpService(vip, 80) });
        client.run({ command: 'add-destination', service: key, destination: masq });
        const socket = await connection(vip, 80);
        try {
          await echo(socket, 10_000);
          assert.equal(only(client, key).activeConnections, 1);
          const counted = await untilKnown(() => {
            const { stats } = only(client, key);
            return stats.inBytes >= 10_000n && stats.outBytes >= 10_000n ? stats : null;
          }, 'the bytes are counted');

          const edits = [
            { scheduler: 'wlc' },
            { scheduler: 'sh', flags: IP_VS_SVC_F_PERSISTENT, timeoutSec: 60 },
            { scheduler: 'none' },
          ];
          for (const changes of edits) {
            client.run({ command: 'edit-service', service: tcpService(vip, 80, changes) });
            await echo(socket, 1_000);
          }
          for (const changes of [{ weight: 0 }, { upperThreshold: 1 }, { weight: 2 ** 31 - 1 }]) {
            client.run({
              command: 'edit-destination',
              service: key,
              destination: { ...masq, ...changes },
            });
            await echo(socket, 1_000);
          }
          const after = only(client, key);
          assert.equal(after.weight, 2 ** 31 - 1);
          assert.equal(after.activeConnections, 1);
          assert.equal(after.stats.connections, 1n);
          assert.equal(server.connections, 1);
          const grown = await untilKnown(() => {
            const { stats } = only(client, key);
            return stats.inBytes >= counted.inBytes + 6_000n ? stats : null;
          }, 'the counters go on');
          assert.equal(grown.connections, 1n);
          assert.match(procLines()[1]!, / Masq 2147483647 1 0$/);
        } finally {
          socket.destroy();
          await server.close();
        }
      }));
  }

  it('is active, then inactive, as the stock tool has it', () =>
    withIpvsClient(async (client) => {
      addAddresses('192.0.2.1', '10.0.0.1');
      const server = await EchoServer.open('10.0.0.1', 8080);
      const service = tcpService('192.0.2.1', 80, { flags: IP_VS_SVC_F_PERSISTENT, timeoutSec: 60 });
      const key = keyOf(service);
      client.run({ command: 'add-service', service });
      client.run({ command: 'add-destination', service: key, destination: destination('10.0.0.1', 8080) });
      const counts = (): number[] => {
        const { activeConnections, inactiveConnections, persistentConnections } = only(client, key);
        const listed = ipvsadm('-Ln', '--persistent-conn').trimEnd().split('\n').at(-1)!.trim().split(/ +/);
        assert.deepEqual(listed.slice(3).map(Number), [
          persistentConnections,
          activeConnections,
          inactiveConnections,
        ]);
        return [activeConnections, inactiveConnections, persistentConnections];
      };
      try {
        assert.deepEqual(counts(), [0, 0, 0]);
        const [one, two] = [await connection('192.0.2.1', 80), await connection('192.0.2.1', 80)];
        await echo(one, 1);
        await echo(two, 1);
        assert.deepEqual(counts(), [2, 0, 1]);
        await end(one);
        await untilKnown(() => (counts()[1] === 1 ? true : null), 'one is inactive');
        assert.deepEqual(counts(), [1, 1, 1]);
        await end(two);
        await untilKnown(() => (counts()[1] === 2 ? true : null), 'both are inactive');
        assert.deepEqual(counts(), [0, 2, 1]);
      } finally {
        await server.close();
      }
    }));
});

/** One service by address translation and one local one, with traffic over each. */
async function withTraffic(
  body: (client: IpvsClient, masq: IpvsServiceKey, local: IpvsServiceKey) => Promise<void>,
): Promise<void> {
  await withIpvsClient(async (client) => {
    addAddresses('192.0.2.1', '192.0.2.2', '10.0.0.1');
    const servers = [await EchoServer.open('10.0.0.1', 8080), await EchoServer.open('192.0.2.2', 80)];
    const [masq, local] = [tcpService('192.0.2.1', 80), tcpService('192.0.2.2', 80)];
    const masqServer = destination('10.0.0.1', 8080);
    const localServer = destination('192.0.2.2', 80, { forwarding: 'local' });
    const results = client.batch([
      { command: 'add-service', service: masq },
      { command: 'add-service', service: local },
      { command: 'add-destination', service: keyOf(masq), destination: masqServer },
      { command: 'add-destination', service: keyOf(local), destination: localServer },
    ]);
    assert.deepEqual(results, [null, null, null, null]);
    try {
      for (const [address, bytes] of [
        ['192.0.2.1', 300_000],
        ['192.0.2.1', 20_000],
        ['192.0.2.2', 70_000],
      ] as const) {
        const socket = await connection(address, 80);
        await echo(socket, bytes);
        await end(socket);
      }
      await untilKnown(() => {
        const [first, second] = [client.service(keyOf(masq)).stats, client.service(keyOf(local)).stats];
        return first.inBytes > 320_000n && second.inBytes > 70_000n ? true : null;
      }, 'all bytes are counted');
      await body(client, keyOf(masq), keyOf(local));
    } finally {
      for (const server of servers) await server.close();
    }
  });
}

describe('counters', { skip: withoutIpvsadm }, () => {
  /** What both the client and the stock tool say, read so that no refresh came in between. */
  async function agreed(
    client: IpvsClient,
    keys: readonly IpvsServiceKey[],
    column: '--stats' | '--rate',
  ): Promise<Map<string, bigint[]>> {
    const pick = column === '--stats' ? totals : rates;
    const read = (): bigint[][] =>
      keys.flatMap((key) => [pick(client.service(key).stats), pick(only(client, key).stats)]);
    return untilKnown(() => {
      const [before, listed, after] = [read(), listedCounters(column), read()];
      if (String(before) !== String(after)) return null;
      assert.deepEqual(
        [...listed.values()].map(String).sort(),
        before.map(String).sort(),
        `the stock tool's ${column}`,
      );
      return listed;
    }, 'no refresh between three readings');
  }

  it('are those of the stock tool, for services and destinations', () =>
    withTraffic(async (client, masq, local) => {
      const listed = await agreed(client, [masq, local], '--stats');
      assert.deepEqual([...listed.keys()].sort(), [
        '-> 10.0.0.1:8080',
        '-> 192.0.2.2:80',
        'TCP 192.0.2.1:80',
        'TCP 192.0.2.2:80',
      ]);
      const { stats } = client.service(masq);
      assert.equal(stats.connections, 2n);
      assert.equal(client.service(local).stats.connections, 1n);
      assert.deepEqual(only(client, masq).stats.inBytes, stats.inBytes);
      assert.ok(stats.inBytes > 320_000n && stats.inBytes < 400_000n, `${stats.inBytes}`);
      assert.ok(stats.outBytes > 320_000n && stats.outBytes < 400_000n, `${stats.outBytes}`);
      assert.ok(stats.inPackets > 10n && stats.outPackets > 10n);
    }));

  it('as rates are those of the stock tool too', () =>
    withTraffic(async (client, masq, local) => {
      await agreed(client, [masq, local], '--rate');
      assert.ok(client.service(masq).stats.inBytesPerSec > 0n);
    }));

  it('come with every list, and with one service, the same', () =>
    withTraffic(async (client, masq, local) => {
      await untilKnown(() => {
        const [first, list, second] = [client.service(masq), client.services(), client.service(masq)];
        if (String(Object.values(first.stats)) !== String(Object.values(second.stats))) return null;
        assert.deepEqual(
          list.filter((service) => !('fwmark' in service) && service.address === '192.0.2.1'),
          [first],
        );
        return true;
      }, 'no refresh between three readings');
      assert.deepEqual(
        client.serviceEntries(),
        client.services().map(({ stats: _, ...entry }) => entry),
      );
      for (const key of [masq, local]) {
        const { stats: _, ...entry } = only(client, key);
        assert.deepEqual(client.destinationEntries(key), [entry]);
      }
    }));

  it('of one service are set to zero with those of its destinations, and of no other', () =>
    withTraffic(async (client, masq, local) => {
      const before = totals(client.service(local).stats);
      client.run({ command: 'zero', service: masq });
      assert.deepEqual(client.service(masq).stats, noTraffic);
      assert.deepEqual(only(client, masq).stats, noTraffic);
      assert.deepEqual(totals(client.service(local).stats), before);
      assert.deepEqual(totals(only(client, local).stats), before);
      assert.deepEqual(listedCounters('--stats').get('TCP 192.0.2.1:80'), [0n, 0n, 0n, 0n, 0n]);
      assert.equal(only(client, masq).inactiveConnections, 2, 'connections stay');

      const socket = await connection('192.0.2.1', 80);
      await echo(socket, 5_000);
      await end(socket);
      await untilKnown(() => (client.service(masq).stats.inBytes > 5_000n ? true : null), 'they go on');
      assert.ok(client.service(masq).stats.inBytes < 10_000n);
    }));

  it('of all services are set to zero, the totals too', () =>
    withTraffic((client, masq, local) => {
      const totalLine = (): string => readFileSync('/proc/net/ip_vs_stats', 'utf8').split('\n')[2]!;
      assert.doesNotMatch(totalLine(), /^( +0){5}$/);
      client.run({ command: 'zero', service: null });
      for (const key of [masq, local]) {
        assert.deepEqual(client.service(key).stats, noTraffic);
        assert.deepEqual(only(client, key).stats, noTraffic);
      }
      assert.match(totalLine(), /^( +0){5}$/);
      return Promise.resolve();
    }));

  it('of edited services and destinations go on', () =>
    withTraffic((client, masq) => {
      const before = totals(client.service(masq).stats);
      client.run({ command: 'edit-service', service: tcpService('192.0.2.1', 80, { scheduler: 'wrr' }) });
      client.run({
        command: 'edit-destination',
        service: masq,
        destination: destination('10.0.0.1', 8080, { weight: 0 }),
      });
      assert.deepEqual(totals(client.service(masq).stats), before);
      assert.deepEqual(totals(only(client, masq).stats), before);
      return Promise.resolve();
    }));
});
