import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { IpvsServiceKey } from '../../../../native/ipvs/types.js';
import { parseIp } from '../../../../src/base/ip.js';
import {
  canonicalAddress,
  fromIpvsDestinationKey,
  fromIpvsServiceKey,
  parseServiceKey,
  toIpvsServiceKey,
} from '../../../../src/dataplane/kernel/convert-keys.js';
import { noMatchMarks, type MatchMarks } from '../../../../src/dataplane/kernel/match-marks.js';
import { formatAddress } from '../../../../native/inet/address.js';
import type { ServiceKey } from '../../../../src/model/keys.js';
import type { ServiceAddress } from '../../../../src/model/service-address.js';
import { seededRandom } from '../../../support/random.js';

interface Case {
  readonly key: string;
  readonly address: ServiceAddress;
  readonly kernel: IpvsServiceKey;
}

const cases: readonly Case[] = [
  {
    key: 'tcp:192.0.2.1:80',
    address: { kind: 'address', family: 4, address: '192.0.2.1', port: 80, protocol: 'tcp' },
    kernel: { family: 'ipv4', protocol: 6, address: '192.0.2.1', port: 80 },
  },
  {
    key: 'udp:[2001:db8::1]:53',
    address: { kind: 'address', family: 6, address: '2001:db8::1', port: 53, protocol: 'udp' },
    kernel: { family: 'ipv6', protocol: 17, address: '2001:db8::1', port: 53 },
  },
  {
    key: 'sctp:192.0.2.1:0',
    address: { kind: 'address', family: 4, address: '192.0.2.1', port: 0, protocol: 'sctp' },
    kernel: { family: 'ipv4', protocol: 132, address: '192.0.2.1', port: 0 },
  },
  {
    key: 'fwmark:7',
    address: { kind: 'fwmark', family: 4, mark: 7, protocol: 'tcp' },
    kernel: { family: 'ipv4', fwmark: 7 },
  },
  {
    key: 'fwmark6:4294967295',
    address: { kind: 'fwmark', family: 6, mark: 0xffffffff, protocol: 'tcp' },
    kernel: { family: 'ipv6', fwmark: 0xffffffff },
  },
];

const calls: ServiceAddress = { kind: 'match', family: 6, protocol: 'udp', rules: [] };
const callsKey = 'match:calls' as ServiceKey;
const marks: MatchMarks = {
  markOf: (key) => (key === callsKey ? { family: 6, mark: 0x4c000001 } : null),
  serviceOf: (family, mark) =>
    family === 6 && mark === 0x4c000001 ? { key: callsKey, name: 'calls', address: calls } : null,
};

function refusalOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
  return 'none';
}

describe('keys of services', () => {
  for (const { key, address, kernel } of cases) {
    it(`go to the kernel and back: ${key}`, () => {
      assert.deepEqual(toIpvsServiceKey({ key: key as ServiceKey, address }, noMatchMarks), kernel);
      assert.deepEqual(parseServiceKey(key as ServiceKey, noMatchMarks), kernel);
      assert.deepEqual(fromIpvsServiceKey(kernel, noMatchMarks), { key, name: key, address });
    });
  }

  it('stand for a mark where the service is a match', () => {
    const kernel = { family: 'ipv6', fwmark: 0x4c000001 } as const;
    assert.deepEqual(toIpvsServiceKey({ key: callsKey, address: calls }, marks), kernel);
    assert.deepEqual(parseServiceKey(callsKey, marks), kernel);
    assert.deepEqual(fromIpvsServiceKey(kernel, marks), { key: callsKey, name: 'calls', address: calls });
  });

  it('of a match without a mark are refused, and are not in the table', () => {
    const service = { key: 'match:other' as ServiceKey, address: calls };
    assert.equal(
      refusalOf(() => toIpvsServiceKey(service, marks)),
      'ERR_MATCH_MARK',
    );
    assert.equal(parseServiceKey(service.key, marks), null);
  });

  it('of a protocol without a name bear its number, there and back', () => {
    const kernel = { family: 'ipv4', protocol: 47, address: '192.0.2.1', port: 0 } as const;
    const service = fromIpvsServiceKey(kernel, noMatchMarks);
    assert.equal(service.key, 'ip-47:192.0.2.1:0');
    assert.deepEqual(toIpvsServiceKey(service, noMatchMarks), kernel);
    assert.deepEqual(parseServiceKey(service.key, noMatchMarks), kernel);
  });

  for (const key of [
    ...['', 'tcp', 'tcp:', 'tcp:192.0.2.1', 'tcp:192.0.2.256:80', 'tcp:192.0.2.1:65536', 'icmp:192.0.2.1:0'],
    ...['fwmark:0', 'fwmark:', 'fwmark:07', 'fwmark:4294967296', 'fwmark6:-1', 'constructor:192.0.2.1:80'],
  ]) {
    it(`that no service of the kernel's can have are none: ${JSON.stringify(key)}`, () => {
      assert.equal(parseServiceKey(key as ServiceKey, noMatchMarks), null);
    });
  }
});

describe('canonicalAddress', () => {
  it('gives the spelling of the keys for whatever the kernel side writes', () => {
    const random = seededRandom(11);
    const bytes = new Uint8Array(16);
    for (let round = 0; round < 5000; round++) {
      // mostly zeros, for the runs of them are where spellings differ
      for (let index = 0; index < 16; index++) bytes[index] = random.chance(0.7) ? 0 : random.int(0, 255);
      if (random.chance(0.2)) bytes.fill(0, 0, 10).fill(255, 10, 12);
      const text = formatAddress(bytes, 0, 'ipv6');
      assert.equal(canonicalAddress(text), parseIp(text)?.text, text);
    }
  });

  it('leaves IPv4 alone', () => assert.equal(canonicalAddress('192.0.2.1'), '192.0.2.1'));
});

describe('keys of servers', () => {
  it('are as the file has them', () => {
    const at = (address: string, port: number): string =>
      fromIpvsDestinationKey({ family: address.includes(':') ? 'ipv6' : 'ipv4', address, port });
    assert.equal(at('10.0.0.1', 80), '10.0.0.1:80');
    assert.equal(at('2001:db8::1', 0), '[2001:db8::1]:0');
    assert.equal(at('::ffff:10.0.0.1', 80), '[::ffff:a00:1]:80');
  });
});
