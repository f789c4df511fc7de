import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recallAddresses, storeAddresses } from '../../../src/daemon/owned-addresses.js';
import type { VipKey } from '../../../src/model/vip-address.js';
import { keyOf } from '../../support/models.js';

const owned = new Map([
  [
    '192.0.2.10 on eth0' as VipKey,
    {
      vip: { family: 4, address: '192.0.2.10', interface: 'eth0' },
      service: { key: keyOf('192.0.2.10:80'), name: 'shop' },
    },
  ],
  [
    '2001:db8::10 on eth1' as VipKey,
    {
      vip: { family: 6, address: '2001:db8::10', interface: 'eth1' },
      service: { key: keyOf('[2001:db8::10]:80'), name: 'six' },
    },
  ],
] as const);

describe('storeAddresses and recallAddresses', () => {
  it('give back what was stored', () => {
    const stored = storeAddresses(owned.values());
    assert.deepEqual(
      stored.map(({ address, prefixLength, name }) => [address, prefixLength, name]),
      [
        ['192.0.2.10', 32, 'shop'],
        ['2001:db8::10', 128, 'six'],
      ],
    );
    assert.deepEqual(recallAddresses(stored), owned);
  });
});
