import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { marks } from '../../../../src/host/doctor/checks/marks.js';
import { packetFilter } from '../../../../src/host/doctor/checks/packet-filter.js';
import { inRange } from '../../../../src/host/doctor/firewall/conditions.js';
import { obstacleOf } from '../../../../src/host/doctor/firewall/evaluate.js';
import { parseIptables } from '../../../../src/host/doctor/firewall/iptables.js';
import { parseNft } from '../../../../src/host/doctor/firewall/nft.js';
import type { Firewall, HookName, Packet } from '../../../../src/host/doctor/firewall/rules.js';
import { describeCheck, dr, nat } from '../support/check-cases.js';

/** What `nft --json list ruleset` printed for ruleset.nft beside it. */
const ruleset = readFileSync(new URL('../../../fixtures/nft/ruleset.json', import.meta.url), 'utf8');
const tcp: Packet = { family: 4, protocol: 'tcp', state: 'new' };

function filter(...rules: readonly string[]): string {
  return [
    '*filter',
    ':INPUT ACCEPT [0:0]',
    ':FORWARD ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ...rules,
    'COMMIT',
    '',
  ].join('\n');
}

/** The chain and kind of what is in a packet's way. */
function obstacle(firewall: Firewall, hook: HookName, packet: Packet): string | null {
  const found = obstacleOf(firewall, hook, packet);
  return found === null ? null : `${found.kind} ${found.chain.name} ${found.rule?.text ?? 'policy'}`;
}

describe('inRange', () => {
  const cases: readonly [address: string, range: string, expected: boolean | null][] = [
    ['10.1.2.3', '10.1.0.0/16', true],
    ['10.1.2.3', '10.1.0.0/255.255.0.0', true],
    ['10.1.2.3', '10.2.0.0/16', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.1-10.1.2.9', true],
    ['10.1.2.3', '10.1.2.4-10.1.2.9', false],
    ['10.1.2.3', '2001:db8::/32', false],
    ['2001:db8::1', '2001:db8::/32', true],
    ['10.1.2.3', 'example.org', null],
    ['10.1.2.3', '10.1.0.0/255.0.255.0', null],
  ];
  for (const [address, range, expected] of cases) {
    it(`says ${expected} of ${address} in ${range}`, () => assert.equal(inRange(address, range), expected));
  }
});

describe('rules of nft', () => {
  const firewall = { tables: parseNft(ruleset) };
  const cases: readonly { name: string; hook: HookName; packet: Packet; expected: string | null }[] = [
    {
      name: 'drop by policy, though a rule with a limit means another protocol',
      hook: 'input',
      packet: { ...tcp, destination: '10.1.0.100', destinationPort: 80, input: 'eth0' },
      expected: 'drop input policy',
    },
    {
      name: 'accept a range of ports',
      hook: 'input',
      packet: { ...tcp, destination: '10.1.0.100', destinationPort: 8080, input: 'eth0' },
      expected: null,
    },
    {
      name: 'accept what is established',
      hook: 'input',
      packet: { ...tcp, state: 'established', destinationPort: 80, input: 'eth0' },
      expected: null,
    },
    {
      name: 'are certain of nothing where the interface is not known',
      hook: 'input',
      packet: { ...tcp, destination: '10.1.0.100', destinationPort: 80 },
      expected: null,
    },
    {
      name: 'look into sets, and jump',
      hook: 'input',
      packet: { ...tcp, source: '192.0.2.7', destination: '10.9.0.1', destinationPort: 443, input: 'eth0' },
      expected: 'drop web web handle 6',
    },
    {
      name: 'accept at the end of that chain',
      hook: 'input',
      packet: { ...tcp, source: '192.0.3.7', destination: '10.9.0.1', destinationPort: 443, input: 'eth0' },
      expected: null,
    },
    {
      name: 'drop by the state of a connection',
      hook: 'forward',
      packet: { ...tcp, state: 'invalid' },
      expected: 'drop forward forward handle 15',
    },
    {
      name: 'translate',
      hook: 'prerouting',
      packet: { ...tcp, destinationPort: 81 },
      expected: 'translate pre pre handle 3',
    },
    {
      name: 'leave out an address',
      hook: 'prerouting',
      packet: { ...tcp, destination: '10.1.0.100', destinationPort: 82 },
      expected: null,
    },
    {
      name: 'of IPv4 do not see IPv6',
      hook: 'prerouting',
      packet: { ...tcp, family: 6, destinationPort: 81 },
      expected: null,
    },
  ];
  for (const { name, hook, packet, expected } of cases)
    it(name, () => assert.equal(obstacle(firewall, hook, packet), expected));

  it('of a text that is none are none', () => assert.deepEqual(parseNft('no json'), []));

  it('tell that the source is translated', () => {
    const rules = firewall.tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
    assert.equal(rules.filter(({ rewritesSource }) => rewritesSource).length, 1);
  });
});

/** A ruleset of one chain `in` of the hook input, whose policy is drop. */
function inputChain(family: string, ...rules: readonly (readonly unknown[])[]): Firewall {
  const own = { family, table: 'f' };
  const nftables = [
    { table: { family, name: 'f' } },
    {
      map: {
        ...own,
        name: 'ports',
        map: 'verdict',
        elem: [
          [22, { accept: null }],
          [443, { jump: { target: 'web' } }],
        ],
      },
    },
    { chain: { ...own, name: 'web' } },
    { chain: { ...own, name: 'in', type: 'filter', hook: 'input', prio: 0, policy: 'drop' } },
    { rule: { ...own, chain: 'web', handle: 1, expr: [{ accept: null }] } },
    ...rules.map((expr, index) => ({ rule: { ...own, chain: 'in', handle: index + 2, expr } })),
  ];
  return { tables: parseNft(JSON.stringify({ nftables })) };
}

describe('rules of nft that decide by a map', () => {
  const packet: Packet = { ...tcp, destination: '10.1.0.100', destinationPort: 443, input: 'eth0' };
  const dport = { payload: { protocol: 'tcp', field: 'dport' } };
  const states = {
    vmap: {
      key: { ct: { key: 'state' } },
      data: {
        set: [
          ['established', { accept: null }],
          ['invalid', { drop: null }],
        ],
      },
    },
  };
  const cases: readonly {
    name: string;
    rule: readonly unknown[];
    packet?: Packet;
    expected: string | null;
  }[] = [
    { name: 'jump by its name', rule: [{ vmap: { key: dport, data: '@ports' } }], expected: null },
    {
      name: 'mean nothing that is not in it',
      rule: [{ vmap: { key: dport, data: '@ports' } }],
      packet: { ...packet, destinationPort: 80 },
      expected: 'drop in policy',
    },
    { name: 'may not be known', rule: [{ vmap: { key: dport, data: '@others' } }], expected: null },
    {
      name: 'let what is established in',
      rule: [states],
      packet: { ...packet, state: 'established' },
      expected: null,
    },
    {
      name: 'drop what is invalid',
      rule: [states],
      packet: { ...packet, state: 'invalid' },
      expected: 'drop in in handle 2',
    },
    {
      name: 'accept by the interface',
      rule: [
        {
          vmap: {
            key: { meta: { key: 'iifname' } },
            data: {
              set: [
                ['lo', { accept: null }],
                ['eth0', { jump: { target: 'web' } }],
              ],
            },
          },
        },
      ],
      expected: null,
    },
    { name: 'leave it to a program', rule: [{ queue: { num: 3 } }], expected: null },
    {
      name: 'have a target of iptables',
      rule: [{ xt: { type: 'target', name: 'SYNPROXY' } }],
      expected: null,
    },
  ];
  for (const { name, rule, packet: own = packet, expected } of cases)
    it(name, () => assert.equal(obstacle(inputChain('inet', rule), 'input', own), expected));
});

describe('rules of nft that leave a value out', () => {
  const notFrom = [
    {
      match: {
        op: '!=',
        left: { payload: { protocol: 'ip', field: 'saddr' } },
        right: { prefix: { addr: '10.0.0.0', len: 8 } },
      },
    },
    { drop: null },
  ];
  const notTo = [
    {
      match: { op: '!=', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: { set: [80, 443] } },
    },
    { drop: null },
  ];
  const all = [{ accept: null }];
  const web: Packet = { ...tcp, destinationPort: 81 };
  it('do not mean the other version of IP', () => {
    const packet: Packet = { ...web, family: 6, source: '2001:db8::1' };
    assert.equal(obstacle(inputChain('inet', notFrom, all), 'input', packet), null);
  });
  it('do not mean another protocol', () =>
    assert.equal(obstacle(inputChain('inet', notTo, all), 'input', { ...web, protocol: 'udp' }), null));
  it('mean what has another value', () =>
    assert.equal(obstacle(inputChain('inet', notTo, all), 'input', web), 'drop in in handle 2'));
});

describe('rules of iptables', () => {
  const packet: Packet = {
    ...tcp,
    source: '192.0.2.1',
    destination: '10.1.0.100',
    destinationPort: 80,
    input: 'eth0',
  };
  const cases: readonly { name: string; rules: readonly string[]; expected: string | null }[] = [
    { name: 'accept where there are none', rules: [], expected: null },
    {
      name: 'drop',
      rules: ['-A INPUT -p tcp -m tcp --dport 80 -j DROP'],
      expected: 'drop INPUT -A INPUT -p tcp -m tcp --dport 80 -j DROP',
    },
    {
      name: 'reject',
      rules: ['-A INPUT -j REJECT --reject-with icmp-port-unreachable'],
      expected: 'drop INPUT -A INPUT -j REJECT --reject-with icmp-port-unreachable',
    },
    {
      name: 'mean other ports',
      rules: ['-A INPUT -p tcp -m multiport --dports 81,82:90 -j DROP'],
      expected: null,
    },
    { name: 'mean other networks', rules: ['-A INPUT -s 10.0.0.0/8 -j DROP'], expected: null },
    {
      name: 'are turned round',
      rules: ['-A INPUT ! -s 10.0.0.0/8 -j DROP'],
      expected: 'drop INPUT -A INPUT ! -s 10.0.0.0/8 -j DROP',
    },
    {
      name: 'accept before they drop',
      rules: ['-A INPUT -d 10.1.0.100/32 -j ACCEPT', '-A INPUT -j DROP'],
      expected: null,
    },
    {
      name: 'may mean the packet: then nothing is certain',
      rules: ['-A INPUT -m set --match-set good src -j ACCEPT', '-A INPUT -j DROP'],
      expected: null,
    },
    {
      name: 'may drop: then nothing is certain',
      rules: ['-A INPUT -m set --match-set bad src -j DROP'],
      expected: null,
    },
    {
      name: 'log and go on',
      rules: ['-A INPUT -j LOG --log-prefix "drop: "', '-A INPUT -i eth+ -j DROP'],
      expected: 'drop INPUT -A INPUT -i eth+ -j DROP',
    },
    {
      name: 'jump and return',
      rules: [
        ':web - [0:0]',
        '-A INPUT -p tcp -j web',
        '-A INPUT -j DROP',
        '-A web -s 192.0.2.0/24 -j RETURN',
        '-A web -j ACCEPT',
      ],
      expected: 'drop INPUT -A INPUT -j DROP',
    },
  ];
  for (const { name, rules, expected } of cases) {
    it(name, () => {
      const firewall = { tables: parseIptables(filter(...rules), 'iptables-legacy') };
      assert.equal(obstacle(firewall, 'input', packet), expected);
    });
  }

  it('drop by policy', () => {
    const text = filter().replace(':INPUT ACCEPT', ':INPUT DROP');
    assert.equal(
      obstacle({ tables: parseIptables(text, 'iptables-legacy') }, 'input', packet),
      'drop INPUT policy',
    );
  });

  it('of IPv6 do not see IPv4', () => {
    const text = filter('-A INPUT -j DROP');
    assert.equal(obstacle({ tables: parseIptables(text, 'ip6tables-legacy') }, 'input', packet), null);
  });
});

describeCheck(packetFilter, [
  { name: 'is silent without rules', config: nat, expected: [] },
  {
    name: 'is silent where the service is let in',
    config: nat,
    host: { iptables: filter('-A INPUT -p tcp --dport 80 -j ACCEPT', '-A INPUT -j DROP') },
    expected: [],
  },
  {
    name: 'finds a rule that drops packets to the service',
    config: nat,
    host: { iptables: filter('-A INPUT -p tcp -j DROP') },
    expected: ['fault service shop'],
    cures: ['iptables-legacy -t filter -I INPUT -d 10.1.0.100 -p tcp --dport 80 -j ACCEPT'],
  },
  {
    name: 'finds the policy of nft',
    config: nat,
    host: { nft: ruleset },
    expected: ['fault service shop', 'fault service shop'],
    cures: [
      'nft insert rule inet filter input ip daddr 10.1.0.100 tcp dport 80 accept',
      'sysctl -w net.ipv4.vs.conntrack=1',
    ],
  },
  {
    name: 'finds answers of NAT that are not forwarded',
    config: nat,
    host: { iptables: filter('-A FORWARD -s 10.2.0.21/32 -j DROP') },
    expected: ['fault service shop'],
    cures: ['iptables-legacy -t filter -I FORWARD -s 10.2.0.21 -p tcp --sport 80 -j ACCEPT'],
  },
  {
    name: 'knows that answers of DR do not come here',
    config: dr,
    host: { iptables: filter('-A FORWARD -j DROP') },
    expected: [],
  },
  {
    name: 'finds packets to a server that are not let out',
    config: nat,
    host: { iptables: filter('-A OUTPUT -d 10.2.0.22 -j DROP') },
    expected: ['fault service shop'],
    cures: ['iptables-legacy -t filter -I OUTPUT -d 10.2.0.22 -p tcp --dport 80 -j ACCEPT'],
  },
  {
    name: 'has IPVS tracked where answers count as invalid',
    config: nat,
    host: { iptables: filter('-A FORWARD -m conntrack --ctstate INVALID -j DROP') },
    expected: ['fault service shop'],
    cures: ['sysctl -w net.ipv4.vs.conntrack=1'],
  },
  {
    name: 'knows that tracked answers are not invalid',
    config: nat,
    host: {
      sysctls: { 'net/ipv4/vs/conntrack': 1 },
      iptables: filter('-A FORWARD -m conntrack --ctstate INVALID -j DROP'),
    },
    expected: [],
  },
  {
    name: 'finds the service translated elsewhere',
    config: nat,
    host: {
      iptables:
        '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080\nCOMMIT\n',
    },
    expected: ['fault service shop'],
    cures: ['iptables-legacy -t nat -I PREROUTING -d 10.1.0.100 -p tcp --dport 80 -j ACCEPT'],
  },
]);

const matched =
  'services: [{ name: web, match: [{ address: 10.1.0.100, ports: 80-90 }], check: { type: none }, servers: ["10.2.0.21:0"] }]\n';
const marked = 'services: [{ name: web, fwmark: 7, check: { type: none }, servers: ["10.2.0.21:80"] }]\n';
const mangle = (rule: string): string => `*mangle\n:PREROUTING ACCEPT [0:0]\n${rule}\nCOMMIT\n`;

describeCheck(marks, [
  { name: 'is silent without marks', config: matched, expected: [] },
  {
    name: 'finds a rule that marks packets of lvsd',
    config: matched,
    host: { iptables: mangle('-A PREROUTING -d 10.1.0.100/32 -j MARK --set-xmark 0x7/0xffffffff') },
    expected: ['fault service web'],
    cures: ['iptables-legacy -t mangle -D PREROUTING -d 10.1.0.100/32 -j MARK --set-xmark 0x7/0xffffffff'],
  },
  {
    name: 'finds one of nft',
    config: matched,
    host: { nft: ruleset },
    expected: ['fault service web'],
    cures: ['nft delete rule inet filter marks handle 16'],
  },
  {
    name: 'knows the marks of lvsd itself',
    config: matched,
    host: { iptables: mangle('-A PREROUTING -d 10.1.0.100/32 -j MARK --set-xmark 0x4c000001/0xffffffff') },
    expected: [],
  },
  { name: 'warns of a mark that nobody sets', config: marked, expected: ['warning service web'] },
  { name: 'is silent where somebody sets it', config: marked, host: { nft: ruleset }, expected: [] },
  {
    name: 'does not count what it may not read',
    config: marked,
    host: { capabilities: { netAdmin: false, netRaw: false } },
    expected: ['info service web'],
  },
]);
