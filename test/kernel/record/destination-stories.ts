import assert from 'node:assert/strict';
import type {
  IpvsDestination,
  IpvsDestinationConfig,
  IpvsServiceConfig,
  IpvsTunnel,
} from '../../../native/ipvs/types.js';
import { destination, fwmarkService, keyOf, noTraffic, refusal, tcpService } from '../support/ipvs-client.js';
import type { Stage, Story } from './story.js';

const plainTunnel: IpvsTunnel = { type: 'ipip', port: 0, checksum: 'none' };

/** As the kernel lists it, before any packet came. */
function listed(server: IpvsDestinationConfig): IpvsDestination {
  const counts = { activeConnections: 0, inactiveConnections: 0, persistentConnections: 0 };
  return { ...server, tunnel: server.tunnel ?? plainTunnel, ...counts, stats: noTraffic };
}

/** Adds them to the service, lists, edits the first, deletes the last. */
function live(
  { client }: Stage,
  service: IpvsServiceConfig,
  servers: readonly [IpvsDestinationConfig, ...IpvsDestinationConfig[]],
  edit: Partial<IpvsDestinationConfig>,
): void {
  const key = keyOf(service);
  client.run({ command: 'add-service', service });
  for (const server of servers) client.run({ command: 'add-destination', service: key, destination: server });
  const newestFirst = [...servers].reverse().map(listed);
  assert.deepEqual(client.destinations(key), newestFirst);
  const changed = { ...servers[0], ...edit };
  client.run({ command: 'edit-destination', service: key, destination: changed });
  assert.deepEqual(client.destinations(key), [...newestFirst.slice(0, -1), listed(changed)]);
  const last = servers.at(-1) ?? changed;
  client.run({ command: 'delete-destination', service: key, destination: last });
  assert.equal(client.destinationEntries(key).length, servers.length - 1);
}

const tunnel = (type: IpvsTunnel['type'], port: number, checksum: IpvsTunnel['checksum']): IpvsTunnel => ({
  type,
  port,
  checksum,
});

export const destinationStories: readonly Story[] = [
  {
    name: 'destinations-ipv4',
    about: 'Servers by IPv4 address: every forwarding method, weights to the largest, thresholds.',
    tell: (stage) =>
      live(
        stage,
        tcpService('192.0.2.1', 80),
        [
          destination('198.51.100.1', 8080, { weight: 5 }),
          destination('127.0.0.1', 80, { forwarding: 'local', weight: 0 }),
          destination('198.51.100.2', 80, { forwarding: 'tunnel', weight: 65535 }),
          destination('198.51.100.3', 80, { forwarding: 'droute', weight: 2 ** 31 - 1 }),
          destination('198.51.100.4', 80, { upperThreshold: 100, lowerThreshold: 100 }),
          destination('198.51.100.5', 80, { upperThreshold: 2 ** 31 - 1, lowerThreshold: 1 }),
        ],
        { forwarding: 'droute', weight: 0, upperThreshold: 2, lowerThreshold: 1 },
      ),
  },
  {
    name: 'destinations-ipv6',
    about: 'Servers by IPv6 address, of a service by mark.',
    tell: (stage) =>
      live(
        stage,
        fwmarkService('ipv6', 9),
        [
          destination('2001:db8:1::1', 8080),
          destination('::1', 80, { forwarding: 'local' }),
          destination('2001:db8:1::2', 0, { forwarding: 'tunnel' }),
          destination('2001:db8:1::3', 65535, { forwarding: 'droute' }),
        ],
        { weight: 77 },
      ),
  },
  {
    name: 'tunnels',
    about:
      'Tunnels to servers: IPIP, GUE and GRE, with every checksum; an edit without one sets it back to IPIP.',
    tell: (stage) =>
      live(
        stage,
        tcpService('192.0.2.1', 80),
        [
          destination('198.51.100.1', 80, { forwarding: 'tunnel', tunnel: tunnel('gue', 6080, 'none') }),
          destination('198.51.100.2', 80, { forwarding: 'tunnel', tunnel: tunnel('gue', 65535, 'on') }),
          destination('198.51.100.3', 80, { forwarding: 'tunnel', tunnel: tunnel('gue', 1, 'remote') }),
          destination('198.51.100.4', 80, { forwarding: 'tunnel', tunnel: tunnel('gre', 0, 'none') }),
          destination('198.51.100.5', 80, { forwarding: 'tunnel', tunnel: tunnel('gre', 0, 'on') }),
          destination('198.51.100.6', 80, { forwarding: 'tunnel', tunnel: plainTunnel }),
        ],
        { tunnel: null },
      ),
  },
  {
    name: 'mixed-families',
    about: 'Servers of the other family than their service has: behind tunnels only.',
    tell: (stage) => {
      const { client } = stage;
      const [ipv4, ipv6] = [tcpService('192.0.2.1', 80), tcpService('2001:db8::1', 80)];
      live(stage, ipv4, [destination('2001:db8:1::1', 80, { forwarding: 'tunnel' })], { weight: 3 });
      live(stage, ipv6, [destination('198.51.100.1', 80, { forwarding: 'tunnel' })], {
        tunnel: tunnel('gre', 0, 'none'),
      });
      const server = destination('2001:db8:1::1', 80, { forwarding: 'droute' });
      const refused = refusal(() =>
        client.run({ command: 'add-destination', service: keyOf(ipv4), destination: server }),
      );
      assert.equal(refused.code, 'ERR_IPVS_INVALID');
    },
  },
];
