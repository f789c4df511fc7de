import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostPrefixLength, vipAddresses, vipKey } from '../../../src/model/vip-address.js';
import type { MatchRule, ServiceAddress } from '../../../src/model/service-address.js';
import { addressOf } from '../../support/models.js';

const rule = (address: string, firstPort: number): MatchRule => ({
  family: 4,
  address,
  protocol: 'udp',
  firstPort,
  lastPort: firstPort + 9,
});
const match = (...addresses: string[]): ServiceAddress => ({
  kind: 'match',
  family: 4,
  protocol: 'udp',
  rules: addresses.map((address, index) => rule(address, 5000 + 100 * index)),
});
const keysOf = (address: ServiceAddress, name: string | null, plane: 'kernel' | 'proxy' = 'kernel') =>
  vipAddresses({ address, interface: name, plane }).map(vipKey);

describe('vipAddresses', () => {
  it('gives the address of a service, without its port', () => {
    assert.deepEqual(
      vipAddresses({ address: addressOf('192.0.2.10:80'), interface: 'eth0', plane: 'kernel' }),
      [{ family: 4, address: '192.0.2.10', interface: 'eth0' }],
    );
    assert.deepEqual(keysOf(addressOf('[2001:db8::10]:80'), 'eth0'), ['2001:db8::10 on eth0']);
  });

  it('gives each address of a match once', () => {
    assert.deepEqual(keysOf(match('192.0.2.20', '192.0.2.21', '192.0.2.20'), 'eth0'), [
      '192.0.2.20 on eth0',
      '192.0.2.21 on eth0',
    ]);
  });

  it('gives none without interface, by mark, for every address, and on the userspace plane', () => {
    assert.deepEqual(keysOf(addressOf('192.0.2.10:80'), null), []);
    assert.deepEqual(keysOf({ kind: 'fwmark', family: 4, mark: 7, protocol: 'tcp' }, 'eth0'), []);
    assert.deepEqual(keysOf(match('0.0.0.0'), 'eth0'), []);
    assert.deepEqual(keysOf(addressOf('192.0.2.10:80'), 'eth0', 'proxy'), []);
  });
});

describe('hostPrefixLength', () => {
  it('is that of one address', () => {
    assert.deepEqual([hostPrefixLength(4), hostPrefixLength(6)], [32, 128]);
  });
});
