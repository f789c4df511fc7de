import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatDestinationKey, formatServiceKey } from '../../../../native/ipvs/keys.js';

describe('formatServiceKey', () => {
  const ipv4 = { family: 'ipv4', address: '192.0.2.1', port: 80 } as const;
  for (const [key, text] of [
    [{ ...ipv4, protocol: 6 }, 'tcp:192.0.2.1:80'],
    [{ ...ipv4, protocol: 17, port: 0 }, 'udp:192.0.2.1:0'],
    [{ ...ipv4, protocol: 132 }, 'sctp:192.0.2.1:80'],
    [{ ...ipv4, protocol: 47 }, 'protocol 47:192.0.2.1:80'],
    [{ family: 'ipv6', protocol: 6, address: '2001:db8::1', port: 443 }, 'tcp:[2001:db8::1]:443'],
    [{ family: 'ipv4', fwmark: 7 }, 'fwmark:7'],
    [{ family: 'ipv6', fwmark: 4294967295 }, 'fwmark6:4294967295'],
  ] as const) {
    it(`gives ${text}`, () => assert.equal(formatServiceKey(key), text));
  }
});

describe('formatDestinationKey', () => {
  it('gives address and port, IPv6 in brackets', () => {
    assert.equal(formatDestinationKey({ family: 'ipv4', address: '10.0.0.3', port: 80 }), '10.0.0.3:80');
    assert.equal(formatDestinationKey({ family: 'ipv6', address: 'fd00::3', port: 80 }), '[fd00::3]:80');
  });
});
