import assert from 'node:assert/strict';
import { BlockList, isIP, SocketAddress } from 'node:net';
import { describe, it } from 'node:test';
import {
  addressBytes,
  encodeAddress,
  familyOf,
  formatAddress,
  parseAddress,
  type AddressFamily,
} from '../../../../native/inet/address.js';
import { CodecError } from '../../../../native/netlink/errors.js';
import { seededRandom, type SeededRandom } from '../../../support/random.js';

const seed = Number(process.env['LVSD_TEST_SEED'] ?? 20260);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Canonical text beside its bytes; the text is what inet_ntop(3) of glibc 2.36 printed for them. */
const canonical: readonly (readonly [bytes: string, text: string])[] = [
  ['00000000', '0.0.0.0'],
  ['ffffffff', '255.255.255.255'],
  ['0a000064', '10.0.0.100'],
  ['c0000201', '192.0.2.1'],
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000000000001', '::1'],
  // the run reaches into the last 32 bits: no dots
  ['0000000000000000000000000000ffff', '::ffff'],
  ['00000000000000000000000000010000', '::0.1.0.0'],
  ['00000000000000000000000001020304', '::1.2.3.4'],
  ['00000000000000000000000001020000', '::1.2.0.0'],
  ['00000000000000000000ffff00000000', '::ffff:0.0.0.0'],
  ['00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
  ['0000000000000000ffff000001020304', '::ffff:0:102:304'],
  ['00000000000000000000fffe01020304', '::fffe:102:304'],
  ['00000000000000000001ffff01020304', '::1:ffff:102:304'],
  ['00010000000000000000ffff01020304', '1::ffff:102:304'],
  ['0000000000000000000000ff01020304', '::ff:102:304'],
  ['00000000000000000000ff0001020304', '::ff00:102:304'],
  ['20010db8000000000000000000000001', '2001:db8::1'],
  // of two equal runs the first
  ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  // the longer run, though it comes second
  ['20010db8000000010000000000000001', '2001:db8:0:1::1'],
  ['20010000000000010000000000000001', '2001:0:0:1::1'],
  // one group alone is not shortened
  ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
  ['00000001000200030004000500060007', '0:1:2:3:4:5:6:7'],
  ['00010002000300040005000600070000', '1:2:3:4:5:6:7:0'],
  ['00010002000300040005000600000000', '1:2:3:4:5:6::'],
  ['00000000000300040005000600070008', '::3:4:5:6:7:8'],
  ['00010000000000000000000000000000', '1::'],
  ['0abc00d0000e0f00000000010fff1000', 'abc:d0:e:f00:0:1:fff:1000'],
  ['fe800000000000000200fffffe000001', 'fe80::200:ffff:fe00:1'],
  ['ffffffffffffffffffffffffffffffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
];

const spellings: readonly (readonly [text: string, bytes: string])[] = [
  ['2001:DB8:0:0:0:0:0:A', '20010db800000000000000000000000a'],
  ['0:0:0:0:0:0:0:0', '00000000000000000000000000000000'],
  ['0000:0000:0000:0000:0000:0000:0000:0001', '00000000000000000000000000000001'],
  ['::0', '00000000000000000000000000000000'],
  ['0::', '00000000000000000000000000000000'],
  ['1::2:3:4:5:6:7', '00010000000200030004000500060007'],
  ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
  ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
  ['1:2:3:4:5:6:1.2.3.4', '00010002000300040005000601020304'],
  ['::5:6:255.0.255.0', '000000000000000000050006ff00ff00'],
  ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
  ['1::0.0.0.0', '00010000000000000000000000000000'],
];

const notAddresses: readonly string[] = [
  '',
  ' ',
  '1',
  '1.2.3',
  '1.2.3.',
  '.1.2.3',
  '1..2.3',
  '1.2.3.4.',
  '1.2.3.4.5',
  '1.2.3.256',
  '1.2.3.0256',
  '01.2.3.4',
  '1.2.3.00',
  '1.2.3.4 ',
  ' 1.2.3.4',
  '1.2.3.4\n',
  '1.2.3.4\0',
  '1.2.3.-4',
  '+1.2.3.4',
  '0x1.2.3.4',
  '1.2.3.4/32',
  '1,2,3,4',
  '１.2.3.4',
  '3232235777',
  'localhost',
  ':',
  ':1',
  '1:',
  ':::',
  '1:::2',
  '::1::',
  '1::2::3',
  ':1::2',
  '1::2:',
  '::1:',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:',
  '1:2:3:4:5:6:7:8:',
  '1:2:3:4:5:6:7:8:9',
  '::1:2:3:4:5:6:7:8',
  '1:2:3:4::5:6:7:8',
  '1:2:3:4:5:6:7:8::',
  '12345::',
  '00001::',
  '::g',
  '::-1',
  '::1 ',
  ' ::1',
  '[::1]',
  '::1/128',
  'fe80::1%eth0',
  'fe80::1%1',
  '::1.2.3',
  '::1.2.3.4.5',
  '::1.2.3.4:5',
  '::1.2.3.4:',
  '::01.2.3.4',
  '::1.2.3.256',
  '::.1.2.3',
  '::1.2.3.',
  '::ff.1.2.3',
  '1:2:3:4:5:6:7:1.2.3.4',
  '1:2:3:4:5:6:7:8:1.2.3.4',
  '1:2:3:4:5:1.2.3.4',
  '1.2.3.4::',
  '1.2.3.4:5::',
  '::１',
];

describe('formatAddress', () => {
  for (const [bytes, text] of canonical)
    it(`writes ${bytes} as ${text}`, () => {
      const family: AddressFamily = bytes.length === 8 ? 'ipv4' : 'ipv6';
      assert.equal(formatAddress(Buffer.from(bytes, 'hex'), 0, family), text);
      const inside = Buffer.from(`ee${bytes}ee`, 'hex');
      assert.equal(formatAddress(inside, 1, family), text);
    });

  it('agrees with node:net and a reference that works on text', () => {
    const random = seededRandom(seed);
    for (let round = 0; round < 20_000; round++) {
      const bytes = randomIpv6(random);
      const text = formatAddress(bytes, 0, 'ipv6');
      const message = `${hex(bytes)} (seed ${seed}, round ${round})`;
      assert.equal(
        text,
        new SocketAddress({ address: groupsOf(bytes).join(':'), family: 'ipv6' }).address,
        message,
      );
      if (!text.includes('.')) assert.equal(text, referenceIpv6(bytes), message);
    }
  });

  it('agrees with what URL makes of an address without dots', () => {
    const random = seededRandom(seed + 1);
    for (let round = 0; round < 2_000; round++) {
      const bytes = randomIpv6(random);
      const text = formatAddress(bytes, 0, 'ipv6');
      const host = new URL(`http://[${groupsOf(bytes).join(':')}]/`).hostname;
      if (!text.includes('.')) assert.equal(`[${text}]`, host);
      else assert.equal(new URL(`http://[${text}]/`).hostname, host);
    }
  });

  const short: readonly (readonly [AddressFamily, number, number])[] = [
    ['ipv4', 3, 0],
    ['ipv4', 4, 1],
    ['ipv6', 15, 0],
    ['ipv6', 32, 17],
    ['ipv4', 0, 0],
    ['ipv4', 8, -1],
    ['ipv4', 8, 0.5],
    ['ipv4', 8, Number.NaN],
  ];
  for (const [family, length, offset] of short)
    it(`refuses ${family} at ${offset} of ${length} bytes`, () => {
      assert.throws(() => formatAddress(new Uint8Array(length), offset, family), CodecError);
    });
});

describe('parseAddress', () => {
  for (const [bytes, text] of [...canonical, ...spellings.map(([text, bytes]) => [bytes, text] as const)])
    it(`reads ${text}`, () => {
      const parsed = parseAddress(text);
      assert.ok(parsed !== null);
      assert.equal(hex(parsed), bytes);
      assert.equal(familyOf(text), bytes.length === 8 ? 'ipv4' : 'ipv6');
    });

  for (const text of notAddresses)
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(parseAddress(text), null);
      assert.equal(familyOf(text), null);
    });

  it('reads back every text that formatAddress writes', () => {
    const random = seededRandom(seed + 2);
    for (let round = 0; round < 20_000; round++) {
      const bytes = randomIpv6(random);
      assert.deepEqual(parseAddress(formatAddress(bytes, 0, 'ipv6')), bytes);
      const ipv4 = bytes.slice(0, 4);
      assert.deepEqual(parseAddress(formatAddress(ipv4, 0, 'ipv4')), ipv4);
    }
  });

  it('accepts what node:net accepts, zones aside, and means the same', () => {
    const random = seededRandom(seed + 3);
    let accepted = 0;
    for (let round = 0; round < 60_000; round++) {
      const text = randomText(random);
      const family = isIP(text);
      const parsed = parseAddress(text);
      const message = `${JSON.stringify(text)} (seed ${seed}, round ${round})`;
      assert.equal(parsed === null ? 0 : parsed.length === 4 ? 4 : 6, family, message);
      if (parsed === null) continue;
      accepted++;
      const list = new BlockList();
      list.addAddress(text, family === 4 ? 'ipv4' : 'ipv6');
      assert.ok(
        list.check(
          family === 4 ? [...parsed].join('.') : groupsOf(parsed).join(':'),
          family === 4 ? 'ipv4' : 'ipv6',
        ),
        message,
      );
    }
    assert.ok(accepted > 5_000, `${accepted} accepted`);
  });
});

describe('encodeAddress', () => {
  it('writes at the offset and nothing beside it', () => {
    for (const [bytes, text] of canonical) {
      const family = bytes.length === 8 ? 'ipv4' : 'ipv6';
      const target = Buffer.alloc(addressBytes(family) + 2, 0xee);
      encodeAddress(text, family, target, 1);
      assert.equal(hex(target), `ee${bytes}ee`);
    }
  });

  it('overwrites what stands in the gap of ::', () => {
    const target = Buffer.alloc(16, 0xee);
    encodeAddress('1:2::7:8', 'ipv6', target, 0);
    assert.equal(hex(target), '00010002000000000000000000070008');
  });

  it('leaves the bytes beside it alone when it refuses a text', () => {
    for (const text of notAddresses)
      for (const family of ['ipv4', 'ipv6'] as const) {
        const target = Buffer.alloc(addressBytes(family) + 32, 0xee);
        assert.throws(() => encodeAddress(text, family, target, 16), CodecError);
        assert.equal(hex(target.subarray(0, 16)), 'ee'.repeat(16), text);
        assert.equal(hex(target.subarray(-16)), 'ee'.repeat(16), text);
      }
  });

  it('refuses an address of the other family', () => {
    assert.throws(() => encodeAddress('::1', 'ipv4', new Uint8Array(16), 0), {
      code: 'ERR_CODEC',
      message: 'address at offset 0: expected an IPv4 address, got "::1"',
    });
    assert.throws(() => encodeAddress('1.2.3.4', 'ipv6', new Uint8Array(16), 0), {
      code: 'ERR_CODEC',
      message: 'address at offset 0: expected an IPv6 address, got "1.2.3.4"',
    });
  });

  it('refuses a buffer that ends too early', () => {
    assert.throws(() => encodeAddress('::1', 'ipv6', new Uint8Array(20), 5), {
      code: 'ERR_CODEC',
      message: 'address at offset 5: expected 16 bytes, got 15',
    });
  });
});

function randomIpv6(random: SeededRandom): Uint8Array {
  const bytes = new Uint8Array(16);
  const zeros = random.next();
  for (let word = 0; word < 8; word++) {
    if (random.next() < zeros) continue;
    const value = random.pick([0xffff, random.int(0, 0xffff), random.int(0, 0xf), random.int(0, 0xff) * 256]);
    bytes[2 * word] = value >> 8;
    bytes[2 * word + 1] = value & 0xff;
  }
  return bytes;
}

/** Text that is an address now and then: a right one, changed a little. */
function randomText(random: SeededRandom): string {
  const bytes = randomIpv6(random);
  const groups = groupsOf(bytes);
  const text = random.pick([
    [...bytes.subarray(0, 4)].join('.'),
    groups.join(':'),
    referenceIpv6(bytes),
    `${groups.slice(0, 6).join(':')}:${[...bytes.subarray(12)].join('.')}`,
    `${groups.slice(0, random.int(0, 7)).join(':')}::${groups.slice(random.int(1, 8)).join(':')}`,
  ]);
  if (random.chance(0.4)) return text;
  const at = random.int(0, text.length);
  const inserted = random.pick([':', '::', '.', '0', '00', 'a', 'F', 'g', '', '', '1', ' ', '255']);
  return text.slice(0, at) + inserted + text.slice(at + random.int(0, 2));
}

function groupsOf(bytes: Uint8Array): string[] {
  return Array.from({ length: 8 }, (_, word) =>
    Buffer.from(bytes)
      .readUInt16BE(2 * word)
      .toString(16),
  );
}

/** The rules of RFC 5952 section 4.2 on the text of the eight groups; no mixed notation. */
function referenceIpv6(bytes: Uint8Array): string {
  const text = groupsOf(bytes).join(':');
  const runs = text.match(/\b0(:0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return text;
  const start = new RegExp(`(?<![0-9a-f])${longest}(?![0-9a-f])`).exec(text)?.index ?? -1;
  const before = text.slice(0, Math.max(0, start - 1));
  return `${before}::${text.slice(start + longest.length + 1)}`;
}
