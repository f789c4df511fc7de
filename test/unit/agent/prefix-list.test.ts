import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PrefixList } from '../../../src/agent/prefix-list.js';

const listOf = (...prefixes: string[]): PrefixList => {
  const list = new PrefixList();
  for (const prefix of prefixes) assert.equal(list.add(prefix), true, prefix);
  return list;
};

describe('PrefixList', () => {
  const cases: readonly [prefixes: string[], address: string, has: boolean][] = [
    [[], '10.0.0.1', false],
    [['10.0.0.0/8'], '10.255.0.1', true],
    [['10.0.0.0/8'], '11.0.0.1', false],
    [['10.1.2.3/8'], '10.9.9.9', true],
    [['192.0.2.7'], '192.0.2.7', true],
    [['192.0.2.7'], '192.0.2.8', false],
    [['0.0.0.0/0'], '203.0.113.1', true],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['::/0'], '203.0.113.1', false],
    [['::/0'], '::ffff:203.0.113.1', false],
    [['::/0', '203.0.113.0/24'], '203.0.113.1', true],
    [['2001:db8::/32'], '2001:db8:ffff::1', true],
    [['2001:db8::/32'], '2001:db9::1', false],
    [['2001:DB8:0::7'], '2001:db8::7', true],
    [['fe80::/10'], 'fe80::1%eth0', true],
    [['10.0.0.0/8'], '::ffff:10.0.0.1', true],
    [['192.0.2.0/24', '10.0.0.2'], '10.0.0.2', true],
    [['10.0.0.0/8'], '', false],
  ];
  for (const [prefixes, address, has] of cases) {
    it(`${has ? 'has' : 'has not'} ${address || 'an empty text'} in ${prefixes.join(' ') || 'an empty list'}`, () => {
      assert.equal(listOf(...prefixes).has(address), has);
    });
  }

  for (const text of ['', '10.0.0.0/33', '2001:db8::/129', '10.0.0/8', 'host', '10.0.0.0/', '10.0.0.0/8/8']) {
    it(`refuses "${text}"`, () => assert.equal(new PrefixList().add(text), false));
  }
});
