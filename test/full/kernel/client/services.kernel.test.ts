import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  IP_VS_SVC_F_HASHED,
  IP_VS_SVC_F_ONEPACKET,
  IP_VS_SVC_F_PERSISTENT,
  IP_VS_SVC_F_SCHED1,
  IP_VS_SVC_F_SCHED2,
  IP_VS_SVC_F_SCHED3,
  IPPROTO_SCTP,
} from '../../../../native/ipvs/constants.js';
import type { IpvsServiceConfig } from '../../../../native/ipvs/types.js';
import {
  destination,
  fwmarkService,
  keyOf,
  noTraffic,
  refusal,
  tcpService,
  udpService,
  withIpvsClient,
} from '../../../kernel/support/ipvs-client.js';
import { ipvsadm, procLines, savedRules, withoutIpvsadm } from './support/witness.js';

const schedulers = [
  'rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'dh', 'sh', 'sed', 'nq', 'mh', 'fo', 'ovf',
] as const; // prettier-ignore

const persistent = { flags: IP_VS_SVC_F_PERSISTENT };

interface Case {
  readonly name: string;
  readonly service: IpvsServiceConfig;
  /** How the stock tool would write it. */
  readonly rule: string;
  /** How it saves that. */
  readonly saved?: string;
}

const cases: readonly Case[] = [
  ...schedulers.map((scheduler) => ({
    name: `scheduler ${scheduler}`,
    service: tcpService('192.0.2.1', 80, { scheduler }),
    rule: `-A -t 192.0.2.1:80 -s ${scheduler}`,
  })),
  {
    name: 'no scheduler',
    service: tcpService('192.0.2.1', 80, { scheduler: 'none' }),
    rule: '-A -t 192.0.2.1:80 -s none',
  },
  {
    name: 'UDP',
    service: udpService('192.0.2.1', 53),
    rule: '-A -u 192.0.2.1:53 -s rr',
  },
  {
    name: 'SCTP',
    service: { ...tcpService('192.0.2.1', 2905), protocol: IPPROTO_SCTP },
    rule: '-A --sctp-service 192.0.2.1:2905 -s rr',
  },
  {
    name: 'the highest port',
    service: tcpService('192.0.2.1', 65535),
    rule: '-A -t 192.0.2.1:65535 -s rr',
  },
  {
    name: 'any port, persistent',
    service: tcpService('192.0.2.1', 0, { ...persistent, timeoutSec: 300 }),
    rule: '-A -t 192.0.2.1:0 -s rr -p 300',
  },
  {
    name: 'IPv6',
    service: tcpService('2001:db8::1', 80),
    rule: '-A -t [2001:db8::1]:80 -s rr',
  },
  {
    name: 'an IPv6 address without zeros',
    service: udpService('2001:db8:1:2:3:4:5:6', 53),
    rule: '-A -u [2001:db8:1:2:3:4:5:6]:53 -s rr',
  },
  { name: 'fwmark 1', service: fwmarkService('ipv4', 1), rule: '-A -f 1 -s rr' },
  {
    name: 'the highest fwmark',
    service: fwmarkService('ipv4', 0xffffffff),
    rule: '-A -f 4294967295 -s rr',
    // the stock tool saves marks above 2^31-1 so that it cannot restore them
    saved: '-A -f -1 -s rr',
  },
  { name: 'fwmark of IPv6', service: fwmarkService('ipv6', 7), rule: '-A -f 7 -6 -s rr' },
  {
    name: 'one packet',
    service: udpService('192.0.2.1', 53, { flags: IP_VS_SVC_F_ONEPACKET }),
    rule: '-A -u 192.0.2.1:53 -s rr -o',
  },
  {
    name: 'one packet, by fwmark',
    service: fwmarkService('ipv4', 7, { flags: IP_VS_SVC_F_ONEPACKET }),
    rule: '-A -f 7 -s rr -o',
  },
  {
    name: 'sh with fallback and port',
    service: tcpService('192.0.2.1', 80, {
      scheduler: 'sh',
      flags: IP_VS_SVC_F_SCHED1 | IP_VS_SVC_F_SCHED2,
    }),
    rule: '-A -t 192.0.2.1:80 -s sh -b sh-fallback,sh-port',
  },
  {
    name: 'mh with fallback',
    service: tcpService('192.0.2.1', 80, { scheduler: 'mh', flags: IP_VS_SVC_F_SCHED1 }),
    rule: '-A -t 192.0.2.1:80 -s mh -b mh-fallback',
  },
  {
    name: 'all three flags of the scheduler',
    service: tcpService('192.0.2.1', 80, {
      flags: IP_VS_SVC_F_SCHED1 | IP_VS_SVC_F_SCHED2 | IP_VS_SVC_F_SCHED3,
    }),
    rule: '-A -t 192.0.2.1:80 -s rr -b flag-1,flag-2,flag-3',
  },
  {
    name: 'persistence of one second',
    service: tcpService('192.0.2.1', 80, { ...persistent, timeoutSec: 1 }),
    rule: '-A -t 192.0.2.1:80 -s rr -p 1',
  },
  {
    name: 'the longest persistence of the stock tool',
    service: tcpService('192.0.2.1', 80, { ...persistent, timeoutSec: 2_678_400 }),
    rule: '-A -t 192.0.2.1:80 -s rr -p 2678400',
  },
  {
    name: 'persistence by network',
    service: tcpService('192.0.2.1', 80, { ...persistent, timeoutSec: 360, netmask: 0xffffff00 }),
    rule: '-A -t 192.0.2.1:80 -s rr -p 360 -M 255.255.255.0',
  },
  {
    name: 'a netmask with a hole',
    service: tcpService('192.0.2.1', 80, { ...persistent, timeoutSec: 360, netmask: 0xff0100fe }),
    rule: '-A -t 192.0.2.1:80 -s rr -p 360 -M 255.1.0.254',
  },
  {
    name: 'a netmask of nothing',
    service: tcpService('192.0.2.1', 80, { ...persistent, timeoutSec: 360, netmask: 0 }),
    rule: '-A -t 192.0.2.1:80 -s rr -p 360 -M 0.0.0.0',
  },
  {
    name: 'the shortest IPv6 prefix',
    service: tcpService('2001:db8::1', 80, { ...persistent, timeoutSec: 360, netmask: 1 }),
    rule: '-A -t [2001:db8::1]:80 -s rr -p 360 -M 1',
  },
  {
    name: 'IPv6 persistence by network',
    service: tcpService('2001:db8::1', 80, { ...persistent, timeoutSec: 360, netmask: 64 }),
    rule: '-A -t [2001:db8::1]:80 -s rr -p 360 -M 64',
  },
  {
    name: 'fwmark, persistent by network',
    service: fwmarkService('ipv6', 7, { ...persistent, timeoutSec: 360, netmask: 48 }),
    rule: '-A -f 7 -6 -s rr -p 360 -M 48',
  },
  {
    name: 'persistence engine',
    service: udpService('192.0.2.1', 5060, { ...persistent, timeoutSec: 360, persistenceEngine: 'sip' }),
    rule: '-A -u 192.0.2.1:5060 -s rr -p 360 --pe sip',
  },
];

describe('a service', { skip: withoutIpvsadm }, () => {
  for (const { name, service, rule, saved = rule } of cases) {
    it(`is added, read back and deleted: ${name}`, () =>
      withIpvsClient((client) => {
        client.run({ command: 'add-service', service });

        const expected = { ...service, flags: service.flags | IP_VS_SVC_F_HASHED, stats: noTraffic };
        assert.deepEqual(client.service(keyOf(service)), expected);
        assert.deepEqual(client.services(), [expected]);
        assert.deepEqual(savedRules(), [saved]);

        client.run({ command: 'delete-service', service: keyOf(service) });
        assert.deepEqual(client.services(), []);
        assert.deepEqual(savedRules(), []);
      }));

    it(`is read as the stock tool added it: ${name}`, () =>
      withIpvsClient((client) => {
        ipvsadm(...rule.split(' '));
        const { stats, ...read } = client.service(keyOf(service));
        assert.deepEqual(read, { ...service, flags: service.flags | IP_VS_SVC_F_HASHED });
        assert.deepEqual(stats, noTraffic);
      }));
  }

  it('of any protocol number is taken', () =>
    withIpvsClient((client) => {
      const service = { ...tcpService('192.0.2.1', 1), protocol: 50 };
      client.run({ command: 'add-service', service });
      assert.equal(client.services().length, 1);
      assert.deepEqual(keyOf(client.service(keyOf(service))), keyOf(service));
    }));

  it('is another one for each of family, protocol, address, port and fwmark', () =>
    withIpvsClient((client) => {
      const services: IpvsServiceConfig[] = [
        tcpService('192.0.2.1', 80),
        tcpService('192.0.2.1', 81),
        tcpService('192.0.2.2', 80),
        udpService('192.0.2.1', 80),
        tcpService('::1', 80),
        tcpService('::ffff:192.0.2.1', 80),
        fwmarkService('ipv4', 80),
        fwmarkService('ipv6', 80),
        fwmarkService('ipv4', 81),
      ];
      const results = client.batch(services.map((service) => ({ command: 'add-service', service })));
      assert.deepEqual(
        results.filter((error) => error !== null),
        [],
      );
      const text = (list: readonly IpvsServiceConfig[]): string[] =>
        list.map((service) => JSON.stringify(keyOf(service))).sort();
      assert.deepEqual(text(client.services()), text(services));
    }));
});

describe('an edited service', { skip: withoutIpvsadm }, () => {
  const before = udpService('192.0.2.1', 5060, {
    scheduler: 'sh',
    flags: IP_VS_SVC_F_PERSISTENT | IP_VS_SVC_F_SCHED1 | IP_VS_SVC_F_SCHED2,
    timeoutSec: 360,
    netmask: 0xffffff00,
    persistenceEngine: 'sip',
  });

  it('has every setting replaced, those left out included', () =>
    withIpvsClient((client) => {
      client.run({ command: 'add-service', service: before });
      assert.deepEqual(savedRules(), [
        '-A -u 192.0.2.1:5060 -s sh -p 360 -M 255.255.255.0 --pe sip -b sh-fallback,sh-port',
      ]);
      client.run({ command: 'edit-service', service: udpService('192.0.2.1', 5060) });
      const { stats, ...after } = client.service(keyOf(before));
      assert.deepEqual(after, { ...udpService('192.0.2.1', 5060), flags: IP_VS_SVC_F_HASHED });
      assert.deepEqual(stats, noTraffic);
      assert.deepEqual(savedRules(), ['-A -u 192.0.2.1:5060 -s rr']);
    }));

  it('takes every scheduler and none in turn, and keeps its destinations', () =>
    withIpvsClient((client) => {
      const key = keyOf(tcpService('192.0.2.1', 80));
      client.run({ command: 'add-service', service: tcpService('192.0.2.1', 80) });
      client.run({ command: 'add-destination', service: key, destination: destination('10.0.0.1', 80) });
      for (const scheduler of [...schedulers, 'none', ...schedulers.toReversed()]) {
        client.run({ command: 'edit-service', service: tcpService('192.0.2.1', 80, { scheduler }) });
        assert.equal(client.service(key).scheduler, scheduler);
        assert.equal(client.destinations(key).length, 1);
      }
    }));

  it('stays as it was when the edit is refused', () =>
    withIpvsClient((client) => {
      client.run({ command: 'add-service', service: before });
      const edited = { ...before, flags: 0, scheduler: 'nosuch' };
      assert.equal(
        refusal(() => client.run({ command: 'edit-service', service: edited })).code,
        'ERR_IPVS_SCHEDULER_UNKNOWN',
      );
      assert.deepEqual(savedRules(), [
        '-A -u 192.0.2.1:5060 -s sh -p 360 -M 255.255.255.0 --pe sip -b sh-fallback,sh-port',
      ]);
    }));
});

describe('the list of services', () => {
  it('is empty in a new namespace', () =>
    withIpvsClient((client) => assert.deepEqual(client.services(), [])));

  it('belongs to the namespace in which the client was opened', () =>
    withIpvsClient(async (outer) => {
      outer.run({ command: 'add-service', service: tcpService('192.0.2.1', 80) });
      await withIpvsClient((inner) => {
        assert.deepEqual(inner.services(), []);
        assert.equal(outer.services().length, 1);
        outer.run({ command: 'add-service', service: tcpService('192.0.2.2', 80) });
        assert.deepEqual(inner.services(), []);
      });
      assert.equal(outer.services().length, 2);
    }));

  it('is emptied by flush, destinations with it', () =>
    withIpvsClient((client) => {
      for (const service of [
        tcpService('192.0.2.1', 80),
        tcpService('2001:db8::1', 80),
        fwmarkService('ipv4', 7),
      ]) {
        client.run({ command: 'add-service', service });
        const server = destination(service.family === 'ipv4' ? '10.0.0.1' : '2001:db8::2', 80);
        client.run({ command: 'add-destination', service: keyOf(service), destination: server });
      }
      assert.equal(procLines().length, 6);
      client.run({ command: 'flush' });
      assert.deepEqual(client.services(), []);
      assert.deepEqual(procLines(), []);
      client.run({ command: 'flush' });
    }));
});

describe('the version', () => {
  it('and the size of the connection table are what the kernel writes', () =>
    withIpvsClient((client) => {
      const { version, connectionTableSize } = client.info();
      assert.match(
        readFileSync('/proc/net/ip_vs', 'utf8'),
        new RegExp(
          `^IP Virtual Server version ${version.replaceAll('.', '\\.')} \\(size=${connectionTableSize}\\)\n`,
        ),
      );
    }));
});
