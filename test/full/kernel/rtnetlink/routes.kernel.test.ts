import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { AddressFamily } from '../../../../native/inet/address.js';
import type { NetlinkConnection } from '../../../../native/netlink/connection.js';
import { addAddress } from '../../../../native/rtnetlink/addresses.js';
import { RTN_BLACKHOLE, RTN_UNICAST } from '../../../../native/rtnetlink/constants.js';
import { createLink } from '../../../../native/rtnetlink/links.js';
import { addRoute, deleteRoute, listRoutes } from '../../../../native/rtnetlink/routes.js';
import type { Route } from '../../../../native/rtnetlink/types.js';
import { assertRefused, dummy, indexOf, inNetwork, ipBatch, shown, type Shown } from './support.js';

function destinationOf(route: Shown, family: AddressFamily): string {
  const shownAs = route['dst'] as string;
  if (shownAs === 'default') return family === 'ipv4' ? '0.0.0.0/0' : '::/0';
  if (shownAs.includes('/')) return shownAs;
  return `${shownAs}/${family === 'ipv4' ? 32 : 128}`;
}

/** What ip(8) shows of the main table, in our words. */
function fromIp(family: AddressFamily, indexes: ReadonlyMap<unknown, number>): unknown[] {
  return shown(family === 'ipv4' ? '-4' : '-6', 'route').map((route) => {
    const hops = (route['nexthops'] as Shown[] | undefined) ?? [route];
    return {
      destination: destinationOf(route, family),
      nextHops: hops
        .map((hop) => ({
          gateway: hop['gateway'] ?? (hop['via'] as Shown | undefined)?.['host'] ?? null,
          index: indexes.get(hop['dev']) ?? null,
        }))
        .filter(({ index }) => index !== null),
      preferredSource: route['prefsrc'] ?? null,
      metric: route['metric'] ?? 0,
      type: route['type'] ?? 'unicast',
    };
  });
}

function inSameWords(route: Route): unknown {
  const { destination, prefixLength, nextHops, preferredSource, metric, type } = route;
  return {
    destination: `${destination}/${prefixLength}`,
    nextHops,
    preferredSource,
    metric,
    type: type === RTN_UNICAST ? 'unicast' : 'blackhole',
  };
}

function assertAsShown(connection: NetlinkConnection): void {
  const indexes = new Map(shown('link').map((link) => [link['ifname'], link['ifindex'] as number]));
  for (const family of ['ipv4', 'ipv6'] as const) {
    const expected = fromIp(family, indexes);
    assert.ok(expected.length > 0);
    const got = listRoutes(connection, { family }).map(inSameWords);
    assert.deepEqual(
      got.filter((route) => !JSON.stringify(route).includes('ff00::')),
      expected.filter((route) => !(route as { type: string }).type.includes('multicast')),
    );
  }
}

describe('listRoutes', () => {
  it('lists what ip(8) made as ip(8) shows it', () =>
    inNetwork((connection) => {
      ipBatch(
        'link add d0 type dummy',
        'link set d0 up',
        'addr add 10.1.0.1/24 dev d0',
        'addr add fd00::1/64 dev d0 nodad',
        'route add default via 10.1.0.254 metric 7 src 10.1.0.1',
        'route add 10.2.0.0/16 nexthop via 10.1.0.2 weight 3 nexthop via 10.1.0.3',
        'route add 10.3.0.0/16 via inet6 fe80::9 dev d0',
        'route add blackhole 10.4.0.0/16',
        'route add 10.5.0.0/16 dev d0 table 1000',
        'route add default via fd00::254 dev d0',
        'route add fd02::/64 nexthop via fd00::2 dev d0 nexthop via fd00::3 dev d0',
        'route add blackhole fd04::/64',
        'route add fd05::/64 dev d0 table 1000',
      );
      assertAsShown(connection);
      assert.deepEqual(
        listRoutes(connection, { table: 1000 }).map(({ destination }) => destination),
        ['10.5.0.0', 'fd05::'],
      );
      const everywhere = listRoutes(connection, { table: null });
      assert.ok(everywhere.some(({ table, destination }) => table === 255 && destination === '127.0.0.1'));
    }));
});

describe('a route by a next-hop object', () => {
  it('has next hops only where the kernel spells them out', () =>
    inNetwork((connection) => {
      const index = dummy(connection, 'd0');
      ipBatch(
        'addr add 10.1.0.1/24 dev d0',
        'nexthop add id 7 via 10.1.0.2 dev d0',
        'route add 10.6.0.0/16 nhid 7',
      );
      const hops = (): unknown =>
        listRoutes(connection).find(({ destination }) => destination === '10.6.0.0')?.nextHops;
      assert.deepEqual(hops(), [{ gateway: '10.1.0.2', index }]);
      writeFileSync('/proc/sys/net/ipv4/nexthop_compat_mode', '0');
      assert.deepEqual(hops(), []);
    }));
});

describe('addRoute and deleteRoute', () => {
  it('make and take away what ip(8) then shows', () =>
    inNetwork((connection) => {
      const index = dummy(connection, 'd0');
      addAddress(connection, { index, address: '10.1.0.1', prefixLength: 24 });
      addAddress(connection, { index, address: 'fd00::1', prefixLength: 64, noDad: true });
      const before = listRoutes(connection, { table: null }).length;
      const routes = [
        {
          destination: '0.0.0.0',
          prefixLength: 0,
          gateway: '10.1.0.254',
          metric: 7,
          preferredSource: '10.1.0.1',
        },
        { destination: '10.2.0.0', prefixLength: 16, gateway: '10.1.0.2' },
        { destination: '10.3.0.0', prefixLength: 16, index },
        { destination: '10.4.0.0', prefixLength: 16, index, table: 1000 },
        { destination: '::', prefixLength: 0, gateway: 'fd00::254', index },
        { destination: 'fd03::', prefixLength: 64, index, metric: 7 },
        { destination: 'fd04::', prefixLength: 64, index, table: 1000 },
      ];
      for (const route of routes) addRoute(connection, route);
      assertAsShown(connection);
      assert.equal(listRoutes(connection, { table: null }).length, before + routes.length);
      for (const route of routes) {
        assertRefused(() => addRoute(connection, route), 'EEXIST', 'ERR_RTNETLINK_ROUTE_EXISTS');
      }
      for (const route of routes) deleteRoute(connection, route);
      assert.equal(listRoutes(connection, { table: null }).length, before);
      for (const route of routes) {
        assertRefused(() => deleteRoute(connection, route), 'ESRCH', 'ERR_RTNETLINK_ROUTE_UNKNOWN');
      }
    }));

  it('are refused in words that tell the cases apart', () =>
    inNetwork((connection) => {
      const index = dummy(connection, 'd0');
      createLink(connection, { kind: 'dummy', name: 'off0' });
      const off = indexOf(connection, 'off0');
      const ipv4 = { destination: '10.5.0.0', prefixLength: 16 };
      const ipv6 = { destination: 'fd05::', prefixLength: 64 };
      const unreachable = 'ERR_RTNETLINK_GATEWAY_UNREACHABLE';
      assertRefused(
        () => addRoute(connection, { ...ipv4, gateway: '172.16.0.1' }),
        'ENETUNREACH',
        unreachable,
      );
      assertRefused(() => addRoute(connection, { ...ipv4, index: off }), 'ENETDOWN', unreachable);
      assertRefused(() => addRoute(connection, { ...ipv6, gateway: 'fd77::1' }), 'EHOSTUNREACH', unreachable);
      const unknown = 'ERR_RTNETLINK_LINK_UNKNOWN';
      assertRefused(() => addRoute(connection, { ...ipv4, index: 4711 }), 'ENODEV', unknown);
      assertRefused(() => addRoute(connection, { ...ipv6, index: 4711 }), 'ENODEV', unknown);
      const invalid = 'ERR_RTNETLINK_INVALID';
      assertRefused(() => addRoute(connection, { ...ipv4, prefixLength: 33, index }), 'EINVAL', invalid);
      writeFileSync('/proc/sys/net/ipv6/conf/d0/disable_ipv6', '1');
      assertRefused(() => addRoute(connection, { ...ipv6, index }), 'EACCES', 'ERR_RTNETLINK_IPV6_DISABLED');
    }));

  it('leave the default routes alone when the prefix length is a slip', () =>
    inNetwork((connection) => {
      dummy(connection, 'd0');
      ipBatch(
        'addr add 10.1.0.1/24 dev d0',
        'addr add fd00::1/64 dev d0 nodad',
        'route add default via 10.1.0.254',
        'route add default via fd00::254 dev d0',
      );
      const before = listRoutes(connection);
      assert.equal(before.filter(({ prefixLength }) => prefixLength === 0).length, 2);
      for (const route of [
        { destination: '10.1.0.5', prefixLength: 0 },
        { destination: 'fd00::5', prefixLength: 0 },
        { destination: 'fd00::5', prefixLength: 64 },
      ])
        assert.throws(() => deleteRoute(connection, route), { code: 'ERR_RTNETLINK_INVALID' });
      assert.deepEqual(listRoutes(connection), before);
    }));

  it('leave a route that leads nowhere alone, of IPv6 when the interface is named', () =>
    inNetwork((connection) => {
      const index = dummy(connection, 'd0');
      ipBatch('route add blackhole 10.4.0.0/16', 'route add blackhole fd04::/64');
      const ipv4 = { destination: '10.4.0.0', prefixLength: 16 };
      const ipv6 = { destination: 'fd04::', prefixLength: 64 };
      const leftNowhere = (): number =>
        listRoutes(connection).filter(({ type }) => type === RTN_BLACKHOLE).length;
      assert.equal(leftNowhere(), 2);
      for (const route of [ipv4, { ...ipv4, index }, { ...ipv6, index }])
        assertRefused(() => deleteRoute(connection, route), 'ESRCH', 'ERR_RTNETLINK_ROUTE_UNKNOWN');
      assert.equal(leftNowhere(), 2);
      deleteRoute(connection, ipv6);
      assert.equal(leftNowhere(), 1);
    }));
});
