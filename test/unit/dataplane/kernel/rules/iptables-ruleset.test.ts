import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  encodeIptablesRules,
  parseIptablesRules,
} from '../../../../../src/dataplane/kernel/rules/iptables-ruleset.js';
import type { MarkRule } from '../../../../../src/dataplane/kernel/rules/mark-rule.js';

const rules: readonly MarkRule[] = [
  { family: 4, address: '192.0.2.20', protocol: 'udp', firstPort: 5060, lastPort: 5070, mark: 0x4c000000 },
  { family: 4, address: '0.0.0.0', protocol: 'tcp', firstPort: 80, lastPort: 80, mark: 0x4c000001 },
];

const everyone = '-A LVSD -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x4c000001/0xffffffff';
const range =
  '-A LVSD -d 192.0.2.20/32 -p udp -m udp --dport 5060:5070 -j MARK --set-xmark 0x4c000000/0xffffffff';
const jump = 'PREROUTING -m mark --mark 0x0 -j LVSD';

/** As iptables-save prints it. */
function saved(...lines: string[]): string {
  return ['# Generated', '*mangle', ':PREROUTING ACCEPT [1:60]', ...lines, 'COMMIT', '# Completed', ''].join(
    '\n',
  );
}

const nothing = { exists: false, jumps: 0, rules: [] };
const there = { exists: true, jumps: 1, rules };

describe('encodeIptablesRules', () => {
  it('fills a chain of its own and leads there', () => {
    assert.equal(
      encodeIptablesRules(rules, nothing),
      ['*mangle', ':LVSD - [0:0]', everyone, range, `-A ${jump}`, 'COMMIT', ''].join('\n'),
    );
  });

  it('leads there once, however often it did', () => {
    assert.ok(!encodeIptablesRules(rules, there)?.includes('PREROUTING'));
    const twice = encodeIptablesRules(rules, { ...there, jumps: 3 }) ?? '';
    assert.equal(twice.split(`-D ${jump}`).length - 1, 2);
    assert.ok(!twice.includes(`-A ${jump}`));
  });

  it('takes away exactly what it made', () => {
    assert.equal(
      encodeIptablesRules([], { ...there, jumps: 2 }),
      ['*mangle', `-D ${jump}`, `-D ${jump}`, '-F LVSD', '-X LVSD', 'COMMIT', ''].join('\n'),
    );
    assert.equal(encodeIptablesRules([], nothing), null);
  });
});

describe('parseIptablesRules', () => {
  it('gives back what was written, and sees nothing of others', () => {
    const others = ['-A PREROUTING -p tcp -j MARK --set-xmark 0x7/0xffffffff', '-A OTHER -j RETURN'];
    const text = saved(':LVSD - [0:0]', ...others, `-A ${jump}`, everyone, range);
    assert.deepEqual(parseIptablesRules(4, text), { exists: true, jumps: 1, rules: [rules[1], rules[0]] });
  });

  it('reads IPv6 addresses as lvsd spells them', () => {
    const line =
      '-A LVSD -d ::ffff:192.0.2.1/128 -p sctp -m sctp --dport 9 -j MARK --set-xmark 0x1/0xffffffff';
    assert.deepEqual(parseIptablesRules(6, saved(':LVSD - [0:0]', line)).rules, [
      { family: 6, address: '::ffff:c000:201', protocol: 'sctp', firstPort: 9, lastPort: 9, mark: 1 },
    ]);
  });

  it('finds nothing in an empty table', () => {
    assert.deepEqual(parseIptablesRules(4, saved()), nothing);
  });

  for (const line of [
    '-A LVSD -j DROP',
    '-A LVSD -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x1/0xff',
    '-A LVSD -d 192.0.2.0/24 -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x1/0xffffffff',
    '-A LVSD -p tcp -m udp --dport 80 -j MARK --set-xmark 0x1/0xffffffff',
  ]) {
    it(`takes no chain for its own that has ${line}`, () => {
      assert.equal(parseIptablesRules(4, saved(':LVSD - [0:0]', `-A ${jump}`, everyone, line)).rules, null);
    });
  }
});
