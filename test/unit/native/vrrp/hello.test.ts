import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CodecError } from '../../../../native/netlink/errors.js';
import { HelloMemory } from '../../../../native/vrrp/hello-memory.js';
import {
  decodeHello,
  encodeHello,
  isHello,
  type Hello,
  type HelloDropReason,
} from '../../../../native/vrrp/hello.js';
import {
  decodeAdvertisement,
  encodeAdvertisement,
  type ReceivedPath,
} from '../../../../native/vrrp/packet.js';
import { hex, hexOf } from '../../../support/scripted-messages.js';

const ipv4: ReceivedPath = {
  family: 'ipv4',
  source: '10.9.0.1',
  destination: '10.9.0.2',
  hopLimit: 255,
};
const link: ReceivedPath = { family: 'ipv6', source: 'fe80::1', destination: 'fe80::2', hopLimit: 255 };
const ipv6: ReceivedPath = { ...link, source: '2001:db8::1', destination: '2001:db8::2' };

const active: Hello = {
  vrid: 51,
  priority: 100,
  state: 'active',
  advertiseMs: 1000,
  source: '10.0.0.1',
  programmed: true,
  leaving: false,
  deaf: false,
};

/** Each made by an encoder that shares nothing with ours. */
const golden: readonly (readonly [string, Hello, ReceivedPath, string])[] = [
  ['one of an active director', active, ipv4, '3f33640102015bf1 6c767364 0064 0000 0a000001'],
  [
    'the last one of a director that ends',
    { ...active, priority: 0, advertiseMs: 100, leaving: true },
    ipv4,
    '3f3300010203c049 6c767364 000a 0000 0a000001',
  ],
  [
    'one of a director whose interface is down',
    {
      ...active,
      priority: 90,
      state: 'fault',
      advertiseMs: 60_000,
      source: null,
      programmed: false,
      deaf: true,
    },
    link,
    '3f335a0103046ee7 6c767364 1770 0000 00000000000000000000000000000000',
  ],
  [
    'one over IPv6 with the longest interval',
    { ...active, priority: 255, state: 'backup', advertiseMs: 655_350, source: 'fe80::77', deaf: true },
    ipv6,
    '3f33ff01010585ed 6c767364 ffff 0000 fe800000000000000000000000000077',
  ],
];

/** With a byte that is another one, and the checksum that fits. */
function changed(at: number, value: number, hello = active): Uint8Array {
  const bytes = encodeHello(hello, ipv4);
  // the other byte of the word's half gets what makes the sum the same
  const word = at & ~1;
  const before = bytes[word]! * 256 + bytes[word + 1]!;
  bytes[at] = value;
  const after = bytes[word]! * 256 + bytes[word + 1]!;
  let sum = bytes[6]! * 256 + bytes[7]! + before - after;
  sum = ((sum % 0xffff) + 0xffff) % 0xffff;
  bytes.set([sum >>> 8, sum & 0xff], 6);
  return bytes;
}

describe('encodeHello', () => {
  for (const [name, hello, path, bytes] of golden)
    it(`writes ${name}`, () => assert.equal(hexOf(encodeHello(hello, path)), hexOf(hex(bytes))));

  const unfit: readonly (readonly [string, Partial<Hello>])[] = [
    ['VRID 0', { vrid: 0 }],
    ['VRID 256', { vrid: 256 }],
    ['priority 256', { priority: 256 }],
    ['a priority below 0', { priority: -1 }],
    ['no interval', { advertiseMs: 0 }],
    ['half a centisecond', { advertiseMs: 15 }],
    ['an interval that 16 bits do not hold', { advertiseMs: 655_360 }],
    ['a source of the other family', { source: 'fe80::1' }],
  ];
  for (const [name, own] of unfit)
    it(`refuses ${name}`, () => assert.throws(() => encodeHello({ ...active, ...own }, ipv4), CodecError));
});

describe('decodeHello', () => {
  for (const [name, hello, path, bytes] of golden)
    it(`reads ${name}`, () => assert.deepEqual(decodeHello(hex(bytes), path), hello));

  it('ignores bytes behind it, if the checksum covers them', () => {
    const longer = Uint8Array.from([...encodeHello(active, ipv4), 0, 0]);
    // the length is in the pseudo-header
    longer[7]! -= 2;
    assert.deepEqual(decodeHello(longer, ipv4), active);
    longer[20] = 1;
    assert.deepEqual(decodeHello(longer, ipv4), { drop: 'hello-checksum' });
  });

  const good = encodeHello(active, ipv4);
  const bad: readonly (readonly [string, HelloDropReason, Uint8Array, ReceivedPath?])[] = [
    ['a TTL of 254', 'hello-hop-limit', good, { ...ipv4, hopLimit: 254 }],
    ['a source without its last byte', 'hello-too-short', good.subarray(0, 19)],
    ['a source of IPv4 over IPv6', 'hello-too-short', good, ipv6],
    ['another sender than was summed up', 'hello-checksum', good, { ...ipv4, source: '10.9.0.3' }],
    ['another receiver than was summed up', 'hello-checksum', good, { ...ipv4, destination: '10.9.0.3' }],
    ['another format', 'hello-format', changed(3, 2)],
    ['VRID 0', 'hello-zero-vrid', changed(1, 0)],
    ['a state that is none', 'hello-state', changed(4, 4)],
    ['an interval of 0', 'hello-zero-interval', changed(13, 0)],
    ['an active one without an address', 'hello-source', encodeHello({ ...active, source: null }, ipv4)],
  ];
  for (const [name, drop, bytes, path = ipv4] of bad)
    it(`drops ${name}`, () => assert.deepEqual(decodeHello(bytes, path), { drop }));
});

describe('isHello', () => {
  it('tells hellos from advertisements, and from what else is of their type', () => {
    assert.equal(isHello(encodeHello(active, ipv4)), true);
    const common = { version: 3, vrid: 51, priority: 100, advertiseMs: 1000, authentication: null } as const;
    assert.equal(isHello(encodeAdvertisement({ ...common, addresses: ['10.0.0.100'] }, ipv4)), false);
    assert.equal(isHello(changed(9, 0)), false);
    assert.equal(isHello(encodeHello(active, ipv4).subarray(0, 11)), false);
    assert.equal(isHello(new Uint8Array()), false);
  });

  it('is of a type that no router of VRRP takes for an advertisement', () => {
    assert.deepEqual(decodeAdvertisement(encodeHello(active, ipv4), ipv4), { drop: 'type' });
  });
});

describe('HelloMemory', () => {
  it('gives the same object for the same bytes of the same sender, though others are heard between', () => {
    const memory = new HelloMemory();
    const other = { ...ipv4, source: '10.9.0.3' };
    const [mine, others] = [encodeHello(active, ipv4), encodeHello(active, other)];
    const first = memory.decode(mine, ipv4);
    assert.deepEqual(first, active);
    assert.notEqual(memory.decode(others, other), first);
    assert.equal(memory.decode(mine.slice(), ipv4), first);
  });

  it('reads again what differs', () => {
    const memory = new HelloMemory();
    memory.decode(encodeHello(active, ipv4), ipv4);
    const backup: Hello = { ...active, state: 'backup' };
    assert.deepEqual(memory.decode(encodeHello(backup, ipv4), ipv4), backup);
    assert.deepEqual(memory.decode(encodeHello(active, ipv4), ipv4), active);
    assert.deepEqual(memory.decode(encodeHello(active, ipv4).subarray(0, 19), ipv4), {
      drop: 'hello-too-short',
    });
    assert.deepEqual(memory.decode(new Uint8Array(), ipv4), { drop: 'hello-too-short' });
  });

  it('forgets strangers', () => {
    const memory = new HelloMemory();
    const first = memory.decode(encodeHello(active, ipv4), ipv4);
    for (let last = 10; last < 40; last++) {
      const path = { ...ipv4, source: `10.9.0.${last}` };
      memory.decode(encodeHello(active, path), path);
    }
    const again = memory.decode(encodeHello(active, ipv4), ipv4);
    assert.notEqual(again, first);
    assert.deepEqual(again, first);
  });
});
