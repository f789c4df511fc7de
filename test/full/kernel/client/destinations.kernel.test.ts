import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type {
  IpvsDestination,
  IpvsDestinationConfig,
  IpvsServiceConfig,
  IpvsTunnel,
} from '../../../../native/ipvs/types.js';
import {
  destination,
  fwmarkService,
  keyOf,
  noTraffic,
  refusal,
  tcpService,
  withIpvsClient,
} from '../../../kernel/support/ipvs-client.js';
import { ipvsadm, procLines, savedRules, withoutIpvsadm } from './support/witness.js';

const web = tcpService('192.0.2.1', 80);
const web6 = tcpService('2001:db8::1', 80);
const marked = fwmarkService('ipv4', 7);
const marked6 = fwmarkService('ipv6', 7);

const ipip: IpvsTunnel = { type: 'ipip', port: 0, checksum: 'none' };

function tunnelled(tunnel: IpvsTunnel): Partial<IpvsDestinationConfig> {
  return { forwarding: 'tunnel', tunnel };
}

interface Case {
  readonly name: string;
  readonly service?: IpvsServiceConfig;
  readonly server: IpvsDestinationConfig;
  /** How the stock tool saves it, behind the words that name the service. */
  readonly saved: string;
  /** How the stock tool adds it, where that is not as it saves it. */
  readonly typed?: string;
}

const maxInt = 2 ** 31 - 1;

const cases: readonly Case[] = [
  { name: 'masq', server: destination('10.0.0.1', 8080), saved: '-r 10.0.0.1:8080 -m -w 1' },
  {
    name: 'droute',
    server: destination('10.0.0.1', 80, { forwarding: 'droute' }),
    saved: '-r 10.0.0.1:80 -g -w 1',
  },
  {
    name: 'tunnel, IPIP',
    server: destination('10.0.0.1', 80, tunnelled(ipip)),
    saved: '-r 10.0.0.1:80 -i -w 1 --tun-type ipip',
  },
  {
    name: 'tunnel, GUE',
    server: destination('10.0.0.1', 80, tunnelled({ type: 'gue', port: 6080, checksum: 'none' })),
    saved: '-r 10.0.0.1:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum',
  },
  {
    name: 'tunnel, GUE on the highest port, with checksums',
    server: destination('10.0.0.1', 80, tunnelled({ type: 'gue', port: 65535, checksum: 'on' })),
    saved: '-r 10.0.0.1:80 -i -w 1 --tun-type gue --tun-port 65535 --tun-csum',
  },
  {
    name: 'tunnel, GUE with remote checksums',
    server: destination('10.0.0.1', 80, tunnelled({ type: 'gue', port: 1, checksum: 'remote' })),
    saved: '-r 10.0.0.1:80 -i -w 1 --tun-type gue --tun-port 1 --tun-remcsum',
  },
  {
    name: 'tunnel, GRE',
    server: destination('10.0.0.1', 80, tunnelled({ type: 'gre', port: 0, checksum: 'none' })),
    saved: '-r 10.0.0.1:80 -i -w 1 --tun-type gre --tun-nocsum',
  },
  {
    name: 'tunnel, GRE with checksums',
    server: destination('10.0.0.1', 80, tunnelled({ type: 'gre', port: 0, checksum: 'on' })),
    saved: '-r 10.0.0.1:80 -i -w 1 --tun-type gre --tun-csum',
  },
  {
    name: 'weight 0',
    server: destination('10.0.0.1', 80, { weight: 0 }),
    saved: '-r 10.0.0.1:80 -m -w 0',
  },
  {
    name: 'weight 65535',
    server: destination('10.0.0.1', 80, { weight: 65535 }),
    saved: '-r 10.0.0.1:80 -m -w 65535',
  },
  {
    name: 'the highest weight',
    server: destination('10.0.0.1', 80, { weight: maxInt }),
    saved: '-r 10.0.0.1:80 -m -w 2147483647',
  },
  {
    name: 'both thresholds',
    server: destination('10.0.0.1', 80, { upperThreshold: 1000, lowerThreshold: 900 }),
    saved: '-r 10.0.0.1:80 -m -w 1',
    typed: '-r 10.0.0.1:80 -m -w 1 -x 1000 -y 900',
  },
  {
    name: 'the highest upper threshold, and the lowest lower one',
    server: destination('10.0.0.1', 80, { upperThreshold: maxInt, lowerThreshold: 1 }),
    saved: '-r 10.0.0.1:80 -m -w 1',
    typed: '-r 10.0.0.1:80 -m -w 1 -x 2147483647 -y 1',
  },
  {
    name: 'equal thresholds',
    server: destination('10.0.0.1', 80, { upperThreshold: 5, lowerThreshold: 5 }),
    saved: '-r 10.0.0.1:80 -m -w 1',
    typed: '-r 10.0.0.1:80 -m -w 1 -x 5 -y 5',
  },
  {
    name: 'port 0 of a persistent service of any port',
    service: tcpService('192.0.2.1', 0, { flags: 1, timeoutSec: 60 }),
    server: destination('10.0.0.1', 0),
    saved: '-r 10.0.0.1:0 -m -w 1',
  },
  {
    name: 'of an IPv6 service',
    service: web6,
    server: destination('2001:db8::2', 8080),
    saved: '-r [2001:db8::2]:8080 -m -w 1',
  },
  {
    name: 'of an IPv6 service, droute',
    service: web6,
    server: destination('2001:db8::2', 80, { forwarding: 'droute', weight: 3 }),
    saved: '-r [2001:db8::2]:80 -g -w 3',
  },
  {
    name: 'of an IPv6 service, tunnel',
    service: web6,
    server: destination('2001:db8::2', 80, tunnelled({ type: 'gre', port: 0, checksum: 'on' })),
    saved: '-r [2001:db8::2]:80 -i -w 1 --tun-type gre --tun-csum',
  },
  {
    name: 'IPv6 behind an IPv4 service',
    server: destination('2001:db8::2', 80, tunnelled(ipip)),
    saved: '-r [2001:db8::2]:80 -i -w 1 --tun-type ipip',
  },
  {
    name: 'IPv4 behind an IPv6 service',
    service: web6,
    server: destination('10.0.0.1', 80, tunnelled({ type: 'gue', port: 6080, checksum: 'on' })),
    saved: '-r 10.0.0.1:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum',
  },
  {
    name: 'of a fwmark service',
    service: marked,
    server: destination('10.0.0.1', 8080),
    saved: '-r 10.0.0.1:8080 -m -w 1',
  },
  {
    name: 'of a fwmark service of IPv6',
    service: marked6,
    server: destination('2001:db8::2', 0, { forwarding: 'droute' }),
    saved: '-r [2001:db8::2]:0 -g -w 1',
  },
  {
    name: 'IPv4 behind a fwmark service of IPv6',
    service: marked6,
    server: destination('10.0.0.1', 0, tunnelled(ipip)),
    saved: '-r 10.0.0.1:0 -i -w 1 --tun-type ipip',
  },
];

/** The words by which the stock tool names the service. */
function nameOf(service: IpvsServiceConfig): string {
  if ('fwmark' in service)
    return service.family === 'ipv6' ? `-f ${service.fwmark} -6` : `-f ${service.fwmark}`;
  const host = service.family === 'ipv6' ? `[${service.address}]` : service.address;
  return `-t ${host}:${service.port}`;
}

/** What the kernel lists for a destination that has seen no packet. */
function untouched(server: IpvsDestinationConfig): IpvsDestination {
  return {
    ...server,
    tunnel: server.tunnel ?? ipip,
    activeConnections: 0,
    inactiveConnections: 0,
    persistentConnections: 0,
    stats: noTraffic,
  };
}

describe('a destination', { skip: withoutIpvsadm }, () => {
  for (const { name, service = web, server, saved, typed = saved } of cases) {
    const key = keyOf(service);

    it(`is added, read back and deleted: ${name}`, () =>
      withIpvsClient((client) => {
        client.run({ command: 'add-service', service });
        client.run({ command: 'add-destination', service: key, destination: server });

        assert.deepEqual(client.destinations(key), [untouched(server)]);
        assert.equal(savedRules()[1], `-a ${nameOf(service)} ${saved}`);
        const shown = ipvsadm('-Ln', '--thresholds').trimEnd().split('\n').at(-1)!.trim().split(/ +/);
        assert.deepEqual(shown.slice(2).map(Number), [server.upperThreshold, server.lowerThreshold, 0, 0]);

        const { family, address, port } = server;
        client.run({ command: 'delete-destination', service: key, destination: { family, address, port } });
        assert.deepEqual(client.destinations(key), []);
      }));

    it(`is read as the stock tool added it: ${name}`, () =>
      withIpvsClient((client) => {
        client.run({ command: 'add-service', service });
        ipvsadm('-a', ...nameOf(service).split(' '), ...typed.split(' '));
        assert.deepEqual(client.destinations(key), [untouched(server)]);
      }));

    it(`is what an edit makes of another: ${name}`, () =>
      withIpvsClient((client) => {
        client.run({ command: 'add-service', service });
        const { family, address, port } = server;
        const former: IpvsDestinationConfig = {
          ...{ family, address, port, weight: 77, upperThreshold: 22, lowerThreshold: 11 },
          ...{ forwarding: 'tunnel', tunnel: { type: 'gue', port: 5555, checksum: 'remote' } },
        };
        client.run({ command: 'add-destination', service: key, destination: former });
        assert.deepEqual(client.destinations(key), [untouched(former)]);
        client.run({ command: 'edit-destination', service: key, destination: server });
        assert.deepEqual(client.destinations(key), [untouched(server)]);
        assert.equal(savedRules()[1], `-a ${nameOf(service)} ${saved}`);
      }));
  }

  for (const [forwarding, word] of [
    ['local', 'Local'],
    // the kernel's text calls whatever it has no word for so
    ['bypass', 'Masq'],
  ] as const) {
    it(`is forwarded by a method that the stock tool cannot set: ${forwarding}`, () =>
      withIpvsClient((client) => {
        const server = destination('10.0.0.1', 80, { forwarding });
        client.run({ command: 'add-service', service: web });
        client.run({ command: 'add-destination', service: keyOf(web), destination: server });
        assert.deepEqual(client.destinations(keyOf(web)), [untouched(server)]);
        assert.equal(procLines()[1], `-> 0A000001:0050 ${word} 1 0 0`);
      }));
  }

  it('is another one for each of family, address and port, and in each service', () =>
    withIpvsClient((client) => {
      const servers = [
        destination('10.0.0.1', 80),
        destination('10.0.0.1', 81),
        destination('10.0.0.2', 80),
        destination('2001:db8::2', 80, { forwarding: 'tunnel' }),
        // the same 16 bytes on the wire as 10.0.0.1, of another family
        destination('a00:1::', 80, { forwarding: 'tunnel' }),
      ];
      for (const service of [web, tcpService('192.0.2.2', 80)]) {
        client.run({ command: 'add-service', service });
        for (const server of servers) {
          client.run({ command: 'add-destination', service: keyOf(service), destination: server });
        }
        assert.deepEqual(
          client.destinations(keyOf(service)),
          servers.map(untouched).toReversed(),
          'newest first',
        );
      }
      const [key, server] = [keyOf(web), servers[4]!];
      client.run({ command: 'delete-destination', service: key, destination: server });
      assert.deepEqual(client.destinations(key), servers.slice(0, 4).map(untouched).toReversed());
      assert.equal(client.destinations(keyOf(tcpService('192.0.2.2', 80))).length, 5);
    }));

  it('goes with its service, and comes back empty', () =>
    withIpvsClient((client) => {
      client.run({ command: 'add-service', service: web });
      client.run({
        command: 'add-destination',
        service: keyOf(web),
        destination: destination('10.0.0.1', 80),
      });
      client.run({ command: 'delete-service', service: keyOf(web) });
      client.run({ command: 'add-service', service: web });
      assert.deepEqual(client.destinations(keyOf(web)), []);
    }));

  it('stays as it was when an edit is refused', () =>
    withIpvsClient((client) => {
      const server = destination('10.0.0.1', 80, { upperThreshold: 10, lowerThreshold: 5, weight: 3 });
      client.run({ command: 'add-service', service: web });
      client.run({ command: 'add-destination', service: keyOf(web), destination: server });
      const edited = { ...server, weight: 9, lowerThreshold: 11 };
      const error = refusal(() =>
        client.run({ command: 'edit-destination', service: keyOf(web), destination: edited }),
      );
      assert.equal(error.code, 'ERR_IPVS_OUT_OF_RANGE');
      assert.deepEqual(client.destinations(keyOf(web)), [untouched(server)]);
    }));
});

describe('the list of destinations', () => {
  it('of a service that does not exist is empty, for the kernel does not tell', () =>
    withIpvsClient((client) => assert.deepEqual(client.destinations(keyOf(web)), [])));
});
