import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endpointsOf } from '../../../../src/dataplane/proxy/endpoints.js';
import type { MatchRule } from '../../../../src/model/virtual-service.js';

describe('endpointsOf', () => {
  const rule: MatchRule = { family: 4, address: '192.0.2.1', protocol: 'tcp', firstPort: 80, lastPort: 80 };

  it('gives the one endpoint of an address', () => {
    const address = {
      kind: 'address',
      family: 6,
      address: '2001:db8::1',
      port: 53,
      protocol: 'udp',
    } as const;
    assert.deepEqual(
      [...endpointsOf(address)],
      [
        [
          'udp:[2001:db8::1]:53',
          { key: 'udp:[2001:db8::1]:53', protocol: 'udp', family: 6, address: '2001:db8::1', port: 53 },
        ],
      ],
    );
  });

  it('gives each port of overlapping rules once', () => {
    const rules = [
      { ...rule, lastPort: 82 },
      { ...rule, firstPort: 82, lastPort: 83 },
    ];
    const keys = [...endpointsOf({ kind: 'match', family: 4, protocol: 'tcp', rules }).keys()];
    assert.deepEqual(keys, ['tcp:192.0.2.1:80', 'tcp:192.0.2.1:81', 'tcp:192.0.2.1:82', 'tcp:192.0.2.1:83']);
  });
});
