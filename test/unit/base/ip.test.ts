import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatEndpoint, isHigherAddress, isWildcard, parseEndpoint, parseIp } from '../../../src/base/ip.js';

describe('parseIp', () => {
  const spellings: readonly (readonly [text: string, canonical: string])[] = [
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    // Not the mapped ::ffff:1.2.3.4.
    ['::1.2.3.4', '::102:304'],
    ['1:2:3:4:5:6:255.255.255.255', '1:2:3:4:5:6:ffff:ffff'],
  ];
  for (const [text, canonical] of spellings)
    it(`reads ${text} as ${canonical}`, () => {
      assert.deepEqual(parseIp(text), { family: canonical.includes(':') ? 6 : 4, text: canonical });
      assert.deepEqual(parseIp(canonical), parseIp(text));
    });

  for (const text of [
    '',
    'localhost',
    '127.1',
    '010.0.0.1',
    '0x7f.0.0.1',
    '256.0.0.1',
    '1.2.3.4.5',
    '2130706433',
    'fe80::1%eth0',
    '[::1]',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7:8:9',
    '::ffff:010.1.1.1',
    '::ffff:0x7f.1.1.1',
    '::ffff:127.1',
    '::ffff:300.1.1.1',
    '1:2:3:4:5:6:7:1.2.3.4',
    '1.2.3.4::',
  ])
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(parseIp(text), null);
    });
});

describe('parseEndpoint', () => {
  it('reads what formatEndpoint writes', () => {
    for (const [address, port] of [
      ['192.0.2.1', 80],
      ['2001:db8::1', 65_535],
      ['::', 0],
    ] as const)
      assert.deepEqual(parseEndpoint(formatEndpoint(address, port)), { ...parseIp(address), port });
  });

  for (const text of [
    '192.0.2.1',
    '192.0.2.1:',
    '192.0.2.1:65536',
    '192.0.2.1:-1',
    '[192.0.2.1]:80',
    '2001:db8::1:80',
    '[2001:db8::1]',
    'shop.example:80',
  ])
    it(`refuses ${text}`, () => {
      assert.equal(parseEndpoint(text), null);
    });
});

describe('isWildcard', () => {
  it('knows both wildcard addresses and nothing else', () => {
    assert.deepEqual(['0.0.0.0', '::', '127.0.0.1', '::1'].map(isWildcard), [true, true, false, false]);
  });
});

describe('isHigherAddress', () => {
  const ascending: readonly (readonly string[])[] = [
    ['0.0.0.0', '9.255.255.255', '10.0.0.9', '10.0.0.10', '127.255.255.255', '128.0.0.0', '255.255.255.255'],
    ['::', '::1', '2001:db8::', '2001:db8:0:1::', 'fe80::9', 'fe80::10', 'fe80::8000:0', 'ff02::12'],
  ];
  for (const addresses of ascending)
    it(`compares ${addresses.length} addresses as unsigned numbers`, () => {
      for (const [at, address] of addresses.entries())
        for (const [otherAt, other] of addresses.entries())
          assert.equal(isHigherAddress(address, other), at > otherAt, `${address} and ${other}`);
    });
});
