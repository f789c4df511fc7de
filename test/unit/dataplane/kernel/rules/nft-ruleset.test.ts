import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MarkRule } from '../../../../../src/dataplane/kernel/rules/mark-rule.js';
import {
  encodeNftReplacement,
  encodeNftRules,
  parseNftRules,
  parseNftTable,
} from '../../../../../src/dataplane/kernel/rules/nft-ruleset.js';

const rules: readonly MarkRule[] = [
  { family: 6, address: '::', protocol: 'sctp', firstPort: 1, lastPort: 65535, mark: 0x4c000001 },
  { family: 4, address: '192.0.2.20', protocol: 'udp', firstPort: 5060, lastPort: 5070, mark: 0x4c000000 },
  { family: 4, address: '0.0.0.0', protocol: 'tcp', firstPort: 80, lastPort: 80, mark: 0xffffffff },
];

const own = { family: 'inet', table: 'lvsd' };
const table = { table: { family: 'inet', name: 'lvsd' } };
const chain = {
  ...own,
  name: 'prerouting',
  type: 'filter',
  hook: 'prerouting',
  prio: -140,
  policy: 'accept',
};

function map(name: string, type: string, elem: unknown): object {
  return {
    ...own,
    name,
    type: [type, 'inet_proto', 'inet_service'],
    map: 'mark',
    flags: ['interval'],
    elem,
  };
}

function rule(protocol: string, name: string): object {
  const mark = { meta: { key: 'mark' } };
  const concat = [
    { payload: { protocol, field: 'daddr' } },
    { meta: { key: 'l4proto' } },
    { payload: { protocol: 'th', field: 'dport' } },
  ];
  const expr = [
    { match: { op: '==', left: mark, right: 0 } },
    { mangle: { key: mark, value: { map: { key: { concat }, data: `@${name}` } } } },
  ];
  return { ...own, chain: 'prerouting', expr };
}

const v4 = map('v4', 'ipv4_addr', [
  [{ concat: [{ prefix: { addr: '0.0.0.0', len: 0 } }, 'tcp', 80] }, 0xffffffff],
  [{ concat: ['192.0.2.20', 'udp', { range: [5060, 5070] }] }, 0x4c000000],
]);
const v6 = map('v6', 'ipv6_addr', [
  [{ concat: [{ prefix: { addr: '::', len: 0 } }, 'sctp', { range: [1, 65535] }] }, 0x4c000001],
]);

describe('encodeNftRules', () => {
  it('writes one transaction that replaces the table, with one map and one rule a family', () => {
    assert.deepEqual(JSON.parse(encodeNftRules(rules)), {
      nftables: [
        { add: table },
        { delete: table },
        { add: table },
        { add: { map: v4 } },
        { add: { map: v6 } },
        { add: { chain } },
        { add: { rule: rule('ip', 'v4') } },
        { add: { rule: rule('ip6', 'v6') } },
      ],
    });
  });

  it('has nothing of a family without rules', () => {
    const text = encodeNftRules(rules.slice(0, 1));
    assert.ok(!text.includes('v4') && text.includes('v6'));
  });

  it('takes the table away where there are no rules, also one that is not there', () => {
    assert.deepEqual(JSON.parse(encodeNftRules([])), { nftables: [{ add: table }, { delete: table }] });
  });

  it('writes the same text for the same rules in another order', () => {
    assert.equal(encodeNftRules([...rules].reverse()), encodeNftRules(rules));
  });
});

describe('encodeNftReplacement', () => {
  const first = { rules: [], used: new Set(['v4', 'v6']), maps: new Set(['v4', 'v6']) };

  it('fills maps that nobody uses, and then leads packets there in one transaction', () => {
    const { fill, change } = encodeNftReplacement(rules, first);
    assert.deepEqual(JSON.parse(fill), {
      nftables: [{ add: { map: { ...v4, name: 'v4b' } } }, { add: { map: { ...v6, name: 'v6b' } } }],
    });
    assert.deepEqual(JSON.parse(change), {
      nftables: [
        { flush: { chain: { ...own, name: 'prerouting' } } },
        { add: { rule: rule('ip', 'v4b') } },
        { add: { rule: rule('ip6', 'v6b') } },
        { delete: { map: { ...own, name: 'v4' } } },
        { delete: { map: { ...own, name: 'v6' } } },
      ],
    });
  });

  it('takes turns with the names, and clears away what an earlier process has filled in vain', () => {
    const second = { rules: [], used: new Set(['v4b']), maps: new Set(['v4', 'v4b']) };
    const { fill, change } = encodeNftReplacement(rules.slice(1), second);
    assert.deepEqual(JSON.parse(fill), {
      nftables: [{ delete: { map: { ...own, name: 'v4' } } }, { add: { map: v4 } }],
    });
    assert.deepEqual(JSON.parse(change), {
      nftables: [
        { flush: { chain: { ...own, name: 'prerouting' } } },
        { add: { rule: rule('ip', 'v4') } },
        { delete: { map: { ...own, name: 'v4b' } } },
      ],
    });
  });

  it('drops a family that has no rules any more', () => {
    const { fill, change } = encodeNftReplacement(rules.slice(0, 1), first);
    assert.ok(!fill.includes('v4'));
    assert.ok(!change.includes('@v4'));
    assert.match(change, /"delete":\{"map":\{[^}]*"name":"v4"/);
  });
});

/** As nft lists it: with handles, and with what it says of itself. */
function listing(...objects: object[]): string {
  return JSON.stringify({
    nftables: [{ metainfo: { version: '1.0.6' } }, { table: { ...table.table, handle: 5 } }, ...objects],
  });
}

const whole = [
  { map: { ...v4, handle: 1 } },
  { map: { ...v6, handle: 2 } },
  { chain: { ...chain, handle: 3 } },
  { rule: { ...rule('ip', 'v4'), handle: 4 } },
  { rule: { ...rule('ip6', 'v6'), handle: 5 } },
];

describe('parseNftRules', () => {
  it('gives back what was written', () => {
    assert.deepEqual(new Set(parseNftRules(listing(...whole))), new Set(rules));
  });

  it('reads an IPv6 address that ends in IPv4 as lvsd spells it', () => {
    const mapped = map('v6', 'ipv6_addr', [[{ concat: ['::ffff:192.0.2.1', 'tcp', 80] }, 1]]);
    const found = parseNftRules(listing({ map: mapped }, { chain }, { rule: rule('ip6', 'v6') }));
    assert.deepEqual(
      found.map(({ address }) => address),
      ['::ffff:c000:201'],
    );
  });

  it('leaves out a map that packets are not looked up in', () => {
    const filled = { map: map('v4b', 'ipv4_addr', [[{ concat: ['192.0.2.1', 'tcp', 1] }, 1]]) };
    assert.deepEqual(parseNftTable(listing(...whole, filled)), {
      rules: parseNftRules(listing(...whole)),
      used: new Set(['v4', 'v6']),
      maps: new Set(['v4', 'v6', 'v4b']),
    });
    assert.deepEqual(
      parseNftRules(listing(...whole.slice(0, -1))).map(({ family }) => family),
      [4, 4],
    );
  });

  const broken: readonly (readonly [name: string, objects: readonly object[]])[] = [
    ['no chain', whole.filter((object) => !('chain' in object))],
    ['two chains', [...whole, { chain: { ...chain, name: 'more' } }]],
    [
      'a chain that drops',
      whole.map((one) => ('chain' in one ? { chain: { ...chain, policy: 'drop' } } : one)),
    ],
    ['a chain elsewhere', whole.map((one) => ('chain' in one ? { chain: { ...chain, prio: 0 } } : one))],
    [
      'two maps for the packets of a family',
      [...whole, { map: map('v4b', 'ipv4_addr', []) }, { rule: rule('ip', 'v4b') }],
    ],
    ['a rule without its map', whole.slice(1)],
    ['a rule twice', [...whole, { rule: rule('ip', 'v4') }]],
    ['a rule of others', [...whole, { rule: { ...own, chain: 'prerouting', expr: [{ drop: null }] } }]],
    ['a map of others', [...whole, { map: map('other', 'ipv4_addr', []) }]],
    ['a set of others', [...whole, { set: { ...own, name: 'other' } }]],
    [
      'a mark that is none',
      whole.map((one) =>
        'map' in one ? { map: { ...one.map, elem: [[{ concat: ['::1', 'tcp', 1] }, 'x']] } } : one,
      ),
    ],
    [
      'a network',
      whole.map((one) =>
        'map' in one
          ? {
              map: {
                ...one.map,
                elem: [[{ concat: [{ prefix: { addr: '192.0.2.0', len: 24 } }, 'tcp', 1] }, 1]],
              },
            }
          : one,
      ),
    ],
  ];
  for (const [name, objects] of broken) {
    it(`finds nothing where the table is not as lvsd makes it: ${name}`, () => {
      assert.deepEqual(parseNftRules(listing(...objects)), []);
    });
  }
});
