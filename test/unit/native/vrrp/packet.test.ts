import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CodecError } from '../../../../native/netlink/errors.js';
import {
  decodeAdvertisement,
  encodeAdvertisement,
  encodePassword,
  type PacketDropReason,
  type ReceivedPath,
  type VrrpAdvertisement,
  VRRP_GROUP,
} from '../../../../native/vrrp/packet.js';
import { hexOf } from '../../../support/scripted-messages.js';

const ipv4: ReceivedPath = {
  family: 'ipv4',
  source: '10.0.0.1',
  destination: VRRP_GROUP.ipv4,
  hopLimit: 255,
};
const ipv6: ReceivedPath = { family: 'ipv6', source: 'fe80::1', destination: VRRP_GROUP.ipv6, hopLimit: 255 };

const second: VrrpAdvertisement = {
  version: 2,
  vrid: 51,
  priority: 100,
  advertiseMs: 1000,
  addresses: ['10.0.0.100'],
  authentication: null,
};
const third: VrrpAdvertisement = { ...second, version: 3 };
const sixth: VrrpAdvertisement = { ...third, addresses: ['fe80::100', '2001:db8::100'] };

/** Each made by an encoder that shares nothing with ours. */
const golden: readonly {
  readonly name: string;
  readonly advertisement: VrrpAdvertisement;
  readonly path: ReceivedPath;
  readonly checksum?: 'message';
  readonly bytes: string;
}[] = [
  {
    name: 'version 2',
    advertisement: second,
    path: ipv4,
    bytes: '2133640100017066 0a000064 0000000000000000',
  },
  {
    name: 'version 2 on leaving',
    advertisement: { ...second, priority: 0 },
    path: ipv4,
    bytes: '213300010001d466 0a000064 0000000000000000',
  },
  {
    name: 'version 3 over IPv4 with the checksum of RFC 5798',
    advertisement: third,
    path: ipv4,
    bytes: '3133640100647573 0a000064',
  },
  {
    name: 'version 3 over IPv4 with the checksum of RFC 9568',
    advertisement: third,
    path: ipv4,
    checksum: 'message',
    bytes: '3133640100646003 0a000064',
  },
  {
    name: 'version 3 over IPv6',
    advertisement: sixth,
    path: ipv6,
    bytes: '3133640200643dfd fe800000000000000000000000000100 20010db8000000000000000000000100',
  },
];

describe('encodeAdvertisement', () => {
  for (const { name, advertisement, path, checksum, bytes } of golden)
    it(`writes ${name}`, () =>
      assert.equal(hexOf(encodeAdvertisement(advertisement, path, checksum)), hexOf(bytesOf(bytes))));

  it('writes a password behind the addresses, with its type', () => {
    const bytes = encodeAdvertisement({ ...second, authentication: encodePassword('s3cret') }, ipv4);
    assert.equal(hexOf(bytes.subarray(4, 6)), '0101');
    assert.equal(hexOf(bytes.subarray(12)), '7333637265740000');
  });

  it('writes the interval of version 3 in 12 bits', () => {
    const bytes = encodeAdvertisement({ ...third, advertiseMs: 40_950 }, ipv4);
    assert.equal(hexOf(bytes.subarray(4, 6)), '0fff');
    assert.equal(hexOf(encodeAdvertisement({ ...third, advertiseMs: 10 }, ipv4).subarray(4, 6)), '0001');
  });

  const unfit: readonly (readonly [string, VrrpAdvertisement, ReceivedPath])[] = [
    ['version 2 over IPv6', { ...sixth, version: 2 }, ipv6],
    ['VRID 0', { ...third, vrid: 0 }, ipv4],
    ['VRID 256', { ...third, vrid: 256 }, ipv4],
    ['a priority below 0', { ...third, priority: -1 }, ipv4],
    ['priority 256', { ...third, priority: 256 }, ipv4],
    ['half a centisecond', { ...third, advertiseMs: 15 }, ipv4],
    ['more centiseconds than 12 bits', { ...third, advertiseMs: 40_960 }, ipv4],
    ['half a second in version 2', { ...second, advertiseMs: 500 }, ipv4],
    ['256 s in version 2', { ...second, advertiseMs: 256_000 }, ipv4],
    ['no interval', { ...third, advertiseMs: 0 }, ipv4],
    ['no address', { ...third, addresses: [] }, ipv4],
    ['256 addresses', { ...third, addresses: Array.from({ length: 256 }, (_, n) => `10.0.0.${n}`) }, ipv4],
    ['an address of the other family', { ...third, addresses: ['fe80::1'] }, ipv4],
    ['a password in version 3', { ...third, authentication: new Uint8Array(8) }, ipv4],
    ['a password that is not padded', { ...second, authentication: new Uint8Array(7) }, ipv4],
    ['a path without source', third, { ...ipv4, source: '' }],
  ];
  for (const [name, advertisement, path] of unfit)
    it(`refuses ${name}`, () => assert.throws(() => encodeAdvertisement(advertisement, path), CodecError));
});

describe('encodePassword', () => {
  it('takes eight bytes, not eight characters', () => {
    assert.equal(hexOf(encodePassword('12345678')), '3132333435363738');
    assert.throws(() => encodePassword('1234567ä'), CodecError);
  });

  it('does not repeat a password that it refuses', () => {
    assert.throws(
      () => encodePassword('topsecret-'),
      (error: Error) => !error.message.includes('topsecret'),
    );
  });
});

describe('decodeAdvertisement', () => {
  for (const { name, advertisement, path, bytes } of golden)
    it(`reads ${name}`, () => assert.deepEqual(decodeAdvertisement(bytesOf(bytes), path), advertisement));

  it('reads a password, and keeps no view of the packet', () => {
    const sent = { ...second, authentication: encodePassword('s3cret') };
    const bytes = encodeAdvertisement(sent, ipv4);
    const read = decodeAdvertisement(bytes, ipv4);
    bytes.fill(0);
    assert.deepEqual(read, sent);
  });

  it('reads 255 addresses', () => {
    const addresses = Array.from({ length: 255 }, (_, n) => `2001:db8::${(n + 1).toString(16)}`);
    const sent = { ...sixth, addresses };
    assert.deepEqual(decodeAdvertisement(encodeAdvertisement(sent, ipv6), ipv6), sent);
  });

  it('ignores the reserved bits of version 3', () => {
    assert.deepEqual(
      decodeAdvertisement(
        changed(third, ipv4, (bytes) => (bytes[4]! |= 0xf0)),
        ipv4,
      ),
      third,
    );
  });

  it('ignores authentication data of type none', () => {
    assert.deepEqual(
      decodeAdvertisement(
        changed(second, ipv4, (bytes) => (bytes[15] = 7)),
        ipv4,
      ),
      second,
    );
  });

  it('ignores bytes behind the message, an odd one too, if the checksum covers them', () => {
    for (const tail of [[0, 0], [0]]) {
      const bytes = encodeAdvertisement(third, ipv4, 'message');
      assert.deepEqual(decodeAdvertisement(Uint8Array.from([...bytes, ...tail]), ipv4), third);
      assert.deepEqual(decodeAdvertisement(Uint8Array.from([...bytes, ...tail.map(() => 1)]), ipv4), {
        drop: 'checksum',
      });
    }
  });

  it('accepts version 2 without an address, which its RFC does not forbid', () => {
    const empty = { ...second, addresses: [] };
    assert.deepEqual(decodeAdvertisement(encodeAdvertisement(empty, ipv4), ipv4), empty);
  });

  const bad: readonly (readonly [string, PacketDropReason, Uint8Array, ReceivedPath?])[] = [
    ['a TTL of 254', 'hop-limit', encodeAdvertisement(third, ipv4), { ...ipv4, hopLimit: 254 }],
    ['nothing', 'too-short', new Uint8Array()],
    ['seven bytes', 'too-short', encodeAdvertisement(third, ipv4).subarray(0, 7)],
    ['version 1', 'version', changed(third, ipv4, (bytes) => (bytes[0] = 0x11))],
    ['version 4', 'version', changed(third, ipv4, (bytes) => (bytes[0] = 0x41))],
    ['version 2 over IPv6', 'version', changed(sixth, ipv6, (bytes) => (bytes[0] = 0x21)), ipv6],
    ['another type', 'type', changed(third, ipv4, (bytes) => (bytes[0] = 0x32))],
    ['a missing byte of the last address', 'incomplete', encodeAdvertisement(third, ipv4).subarray(0, 11)],
    ['missing authentication data', 'incomplete', encodeAdvertisement(second, ipv4).subarray(0, 19)],
    ['a count that is too high', 'incomplete', changed(third, ipv4, (bytes) => (bytes[3] = 2))],
    ['IPv4 addresses over IPv6', 'incomplete', encodeAdvertisement(third, ipv4), ipv6],
    [
      'another source than was summed up',
      'checksum',
      encodeAdvertisement(third, ipv4),
      { ...ipv4, source: '10.0.0.2' },
    ],
    [
      'another destination than was summed up',
      'checksum',
      encodeAdvertisement(sixth, ipv6),
      { ...ipv6, destination: 'fe80::2' },
    ],
    ['IPv6 with a checksum over the message alone', 'checksum', messageOnly(sixth), ipv6],
    ['VRID 0', 'zero-vrid', changed(third, ipv4, (bytes) => (bytes[1] = 0))],
    ['no address', 'no-addresses', changed(third, ipv4, (bytes) => (bytes[3] = 0))],
    ['an interval of 0', 'zero-interval', changed(third, ipv4, (bytes) => (bytes[5] = 0))],
    [
      'an interval of 0 beside reserved bits',
      'zero-interval',
      changed(third, ipv4, (bytes) => bytes.set([0xf0, 0], 4)),
    ],
    ['an interval of 0 in version 2', 'zero-interval', changed(second, ipv4, (bytes) => (bytes[5] = 0))],
    ['IPsec as authentication', 'authentication-type', changed(second, ipv4, (bytes) => (bytes[4] = 2))],
  ];
  for (const [name, drop, bytes, path = ipv4] of bad)
    it(`drops ${name}`, () => assert.deepEqual(decodeAdvertisement(bytes, path), { drop }));

  for (const { name, advertisement, path, checksum } of golden)
    it(`drops ${name} with any one bit of it changed`, () => {
      const bytes = encodeAdvertisement(advertisement, path, checksum);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const damaged = bytes.slice();
        damaged[bit >>> 3]! ^= 1 << (bit & 7);
        assert.ok('drop' in decodeAdvertisement(damaged, path), `bit ${bit}`);
      }
    });
});

/** The advertisement with other bytes, and the checksum over the message that fits them (over IPv6 that with the path). */
function changed(
  advertisement: VrrpAdvertisement,
  path: ReceivedPath,
  change: (bytes: Uint8Array) => unknown,
): Uint8Array {
  const bytes = encodeAdvertisement(advertisement, path, 'message');
  const before = plainSum(bytes);
  change(bytes);
  const field = ((bytes[6]! << 8) | bytes[7]!) + (before - plainSum(bytes));
  const wrapped = ((field % 0xffff) + 0xffff) % 0xffff;
  bytes.set([wrapped >>> 8, wrapped & 0xff], 6);
  return bytes;
}

function messageOnly(advertisement: VrrpAdvertisement): Uint8Array {
  const bytes = encodeAdvertisement(advertisement, ipv6);
  bytes.set([0, 0], 6);
  const sum = 0xffff - (plainSum(bytes) % 0xffff);
  bytes.set([sum >>> 8, sum & 0xff], 6);
  return bytes;
}

function plainSum(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte, index) => sum + (index % 2 === 0 ? byte * 256 : byte), 0);
}

function bytesOf(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits.replaceAll(' ', ''), 'hex'));
}
