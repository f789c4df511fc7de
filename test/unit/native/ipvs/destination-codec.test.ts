import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  decodeDestination,
  decodeDestinationEntry,
  encodeDestination,
  encodeDestinationKey,
} from '../../../../native/ipvs/destination-codec.js';
import type { IpvsDestinationConfig, IpvsForwarding, IpvsTunnel } from '../../../../native/ipvs/types.js';
import { AttributeWriter } from '../../../../native/netlink/attribute.js';
import { CodecError } from '../../../../native/netlink/errors.js';
import { Writer } from '../../../../native/netlink/writer.js';
import {
  attribute,
  concat,
  hex,
  hexOf,
  i32,
  u16,
  u16be,
  u32,
  u8,
} from '../../../support/scripted-messages.js';
import {
  natServer,
  natServerAttributes,
  readerOf,
  stats64Nest,
  statsFrom,
  union,
  without,
} from './golden.js';

function encoded(write: (attributes: AttributeWriter) => void): string {
  const writer = new Writer(1);
  write(new AttributeWriter(writer));
  return hexOf(writer.finish());
}
const full = (server: IpvsDestinationConfig): string => encoded((a) => encodeDestination(a, server));

const noTunnel: IpvsTunnel = { type: 'ipip', port: 0, checksum: 'none' };

/** Counts of connections in `natServerAttributes`. */
const counts = { activeConnections: 11, inactiveConnections: 12, persistentConnections: 13 };

describe('encodeDestination', () => {
  it('writes a server behind NAT', () => {
    const golden = hex(`
      4800 0200                                               ; IPVS_CMD_ATTR_DEST
        0600 0b00 0200 0000                                   ; ADDR_FAMILY 2
        1400 0100 0a000001 000000000000000000000000           ; ADDR 10.0.0.1
        0600 0200 1f90 0000                                   ; PORT 8080, network order
        0800 0300 00000000                                    ; FWD_METHOD masq
        0800 0400 05000000                                    ; WEIGHT 5
        0800 0500 00000000                                    ; U_THRESH
        0800 0600 00000000                                    ; L_THRESH
    `);
    assert.equal(full(natServer), hexOf(golden));
  });

  it('writes an IPv6 server behind a tunnel, with thresholds', () => {
    const golden = hex(`
      6000 0200
        0600 0b00 0a00 0000                                   ; ADDR_FAMILY 10
        1400 0100 20010db8000000000000000000000005
        0600 0200 0050 0000
        0800 0300 02000000                                    ; FWD_METHOD tunnel
        0800 0400 ffffff7f                                    ; WEIGHT 2^31-1
        0800 0500 e8030000                                    ; U_THRESH 1000
        0800 0600 64000000                                    ; L_THRESH 100
        0500 0d00 01 000000                                   ; TUN_TYPE GUE
        0600 0e00 17c0 0000                                   ; TUN_PORT 6080, network order
        0600 0f00 0200 0000                                   ; TUN_FLAGS remote checksum, host order
    `);
    const server: IpvsDestinationConfig = {
      family: 'ipv6',
      address: '2001:db8::5',
      port: 80,
      forwarding: 'tunnel',
      weight: 2 ** 31 - 1,
      upperThreshold: 1000,
      lowerThreshold: 100,
      tunnel: { type: 'gue', port: 6080, checksum: 'remote' },
    };
    assert.equal(full(server), hexOf(golden));
  });

  for (const [forwarding, number] of [
    ['masq', 0],
    ['local', 1],
    ['tunnel', 2],
    ['droute', 3],
    ['bypass', 4],
  ] satisfies [IpvsForwarding, number][]) {
    it(`numbers ${forwarding} ${number}`, () =>
      assert.ok(full({ ...natServer, forwarding }).includes(`08000300${hexOf(u32(number))}`)));
  }

  for (const [tunnel, bytes] of [
    [
      { type: 'ipip', port: 0, checksum: 'none' },
      '0500 0d00 00000000 0600 0e00 0000 0000 0600 0f00 0000 0000',
    ],
    [
      { type: 'gue', port: 5555, checksum: 'on' },
      '0500 0d00 01000000 0600 0e00 15b3 0000 0600 0f00 0100 0000',
    ],
    [
      { type: 'gre', port: 0, checksum: 'remote' },
      '0500 0d00 02000000 0600 0e00 0000 0000 0600 0f00 0200 0000',
    ],
  ] satisfies [IpvsTunnel, string][]) {
    it(`writes a tunnel of type ${tunnel.type} with checksum ${tunnel.checksum}`, () =>
      assert.ok(full({ ...natServer, tunnel }).endsWith(hexOf(hex(bytes)))));
  }

  it('writes a negative weight as the kernel’s signed number, for the kernel to refuse', () =>
    assert.ok(full({ ...natServer, weight: -1 }).includes('08000400ffffffff')));

  for (const [name, change, what] of [
    ['an address of the other family', { address: '::1' }, 'address'],
    ['a port above 65535', { port: 65536 }, 'IPVS_DEST_ATTR_PORT'],
    ['a weight of 32 bits', { weight: 2 ** 31 }, 'IPVS_DEST_ATTR_WEIGHT'],
    ['a negative threshold', { upperThreshold: -1 }, 'IPVS_DEST_ATTR_U_THRESH'],
    ['a threshold of 33 bits', { lowerThreshold: 2 ** 32 }, 'IPVS_DEST_ATTR_L_THRESH'],
    ['a tunnel port above 65535', { tunnel: { ...noTunnel, port: 65536 } }, 'IPVS_DEST_ATTR_TUN_PORT'],
    ['a forwarding method of no name', { forwarding: 'nat' as IpvsForwarding }, 'IPVS_DEST_ATTR_FWD_METHOD'],
  ] as const) {
    it(`refuses ${name}`, () =>
      assert.throws(
        () => full({ ...natServer, ...change }),
        (error) => error instanceof CodecError && error.details.what === what,
      ));
  }
});

describe('encodeDestinationKey', () => {
  it('writes what identifies a server, and nothing more', () => {
    const golden =
      '2800 0200  0600 0b00 0200 0000  1400 0100 0a000001 000000000000000000000000  0600 0200 1f90 0000';
    assert.equal(
      encoded((a) => encodeDestinationKey(a, natServer)),
      hexOf(hex(golden)),
    );
  });
});

describe('decodeDestination', () => {
  const decode = (...attributes: Uint8Array[]): ReturnType<typeof decodeDestination> =>
    decodeDestination(readerOf(...attributes), 'ipv4');

  it('reads a server with its counts, and with 64-bit counters beyond 2^53 exactly', () => {
    assert.deepEqual(decode(...Object.values(natServerAttributes)), {
      ...natServer,
      ...counts,
      tunnel: noTunnel,
      stats: statsFrom(2n ** 53n + 1n),
    });
  });

  it('reads the attributes in any order', () =>
    assert.deepEqual(
      decode(...Object.values(natServerAttributes).reverse()),
      decode(...Object.values(natServerAttributes)),
    ));

  it('reads a server of the other family than its service has', () => {
    const server = decode(
      without(natServerAttributes, 1, 11),
      attribute(11, u16(10)),
      attribute(1, union(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
    );
    assert.deepEqual([server.family, server.address], ['ipv6', 'fe80::1']);
  });

  it('takes the service’s family where the kernel (before 3.18) tells none, or 0', () => {
    const old = without(natServerAttributes, 11);
    assert.equal(decodeDestination(readerOf(old), 'ipv4').address, '10.0.0.1');
    const ipv6 = decodeDestination(readerOf(old), 'ipv6');
    assert.deepEqual([ipv6.family, ipv6.address], ['ipv6', 'a00:1::']);
    assert.equal(decode(old, attribute(11, u16(0))).family, 'ipv4');
  });

  it('says nothing of the tunnel where the kernel (before 5.2) does not', () =>
    assert.equal(decode(without(natServerAttributes, 13, 14, 15)).tunnel, null));

  it('takes a tunnel without checksum flags, as 5.2 sends it', () => {
    const gue = decode(
      without(natServerAttributes, 13, 14, 15),
      attribute(13, u8(1)),
      attribute(14, u16be(6080)),
    );
    assert.deepEqual(gue.tunnel, { type: 'gue', port: 6080, checksum: 'none' });
  });

  it('reads every type of tunnel and every checksum', () => {
    for (const [type, flags, tunnel] of [
      [0, 0, noTunnel],
      [1, 1, { type: 'gue', port: 7, checksum: 'on' }],
      [2, 2, { type: 'gre', port: 7, checksum: 'remote' }],
      [2, 0xfffc, { type: 'gre', port: 7, checksum: 'none' }],
    ] as const) {
      const attributes = concat(
        without(natServerAttributes, 13, 14, 15),
        attribute(13, u8(type)),
        attribute(14, u16be(tunnel.port)),
        attribute(15, u16(flags)),
      );
      assert.deepEqual(decode(attributes).tunnel, tunnel);
    }
  });

  it('names a tunnel of a newer kernel unknown, and does not write it', () => {
    const server = decode(without(natServerAttributes, 13), attribute(13, u8(3)));
    assert.equal(server.tunnel?.type, 'unknown');
    assert.throws(() => full(server), { code: 'ERR_CODEC', message: /^IPVS_DEST_ATTR_TUN_TYPE/ });
  });

  it('reads the forwarding method from the lower three bits alone', () => {
    for (const [method, forwarding] of [
      [0, 'masq'],
      [1, 'local'],
      [2, 'tunnel'],
      [0x103, 'droute'],
      [0xfffffffc, 'bypass'],
    ] as const) {
      const attributes = concat(without(natServerAttributes, 3), attribute(3, u32(method)));
      assert.equal(decode(attributes).forwarding, forwarding);
    }
  });

  it('reads weights as signed, counts as unsigned', () => {
    const server = decode(
      without(natServerAttributes, 4, 5, 6, 7),
      attribute(4, i32(-1)),
      attribute(5, u32(0xffffffff)),
      attribute(6, u32(0xfffffffe)),
      attribute(7, u32(0x80000000)),
    );
    assert.deepEqual(
      [server.weight, server.upperThreshold, server.lowerThreshold, server.activeConnections],
      [-1, 0xffffffff, 0xfffffffe, 0x80000000],
    );
  });

  it('reads what kernels before 4.1 send: 32-bit counters alone', () =>
    assert.deepEqual(decode(without(natServerAttributes, 12)).stats, statsFrom(100n)));

  it('prefers the 64-bit counters also when they come first', () => {
    const first = concat(attribute(12, stats64Nest(7n)), without(natServerAttributes, 12));
    assert.deepEqual(decode(first).stats, statsFrom(7n));
  });

  it('lets the last of two count, and passes over what it does not know', () => {
    const doubled = concat(attribute(4, u32(1)), attribute(99, u32(1)), without(natServerAttributes));
    assert.equal(decode(doubled, attribute(2, u16be(1))).port, 1);
    assert.equal(decode(doubled).weight, 5);
  });

  for (const [name, id] of [
    ['IPVS_DEST_ATTR_ADDR', 1],
    ['IPVS_DEST_ATTR_PORT', 2],
    ['IPVS_DEST_ATTR_FWD_METHOD', 3],
    ['IPVS_DEST_ATTR_WEIGHT', 4],
    ['IPVS_DEST_ATTR_U_THRESH', 5],
    ['IPVS_DEST_ATTR_L_THRESH', 6],
    ['IPVS_DEST_ATTR_ACTIVE_CONNS', 7],
    ['IPVS_DEST_ATTR_INACT_CONNS', 8],
    ['IPVS_DEST_ATTR_PERSIST_CONNS', 9],
  ] as const) {
    it(`refuses a server without ${name}`, () =>
      assert.throws(() => decode(without(natServerAttributes, id)), {
        message: `${name} at offset 0: expected an attribute, got none`,
      }));
  }

  for (const [name, id, bytes, message] of [
    [
      'a method of no name',
      3,
      attribute(3, u32(5)),
      'IPVS_DEST_ATTR_FWD_METHOD at offset 0: expected 0..4, got 5',
    ],
    [
      'an unknown family',
      11,
      attribute(11, u16(3)),
      'IPVS_DEST_ATTR_ADDR_FAMILY at offset 0: expected 2 or 10, got 3',
    ],
    ['a weight of two bytes', 4, attribute(4, u16(1)), /^IPVS_DEST_ATTR_WEIGHT at offset/],
    ['an address of five bytes', 1, attribute(1, new Uint8Array(5)), /^IPVS_DEST_ATTR_ADDR at offset/],
    ['a tunnel type of four bytes', 13, attribute(13, u32(1)), /^IPVS_DEST_ATTR_TUN_TYPE at offset/],
    [
      'no counters',
      10,
      new Uint8Array(),
      'IPVS_DEST_ATTR_STATS at offset 0: expected an attribute, got none',
    ],
  ] as const) {
    it(`refuses ${name}`, () => {
      const left = id === 10 ? without(natServerAttributes, 10, 12) : without(natServerAttributes, id);
      assert.throws(() => decode(left, bytes), { code: 'ERR_CODEC', message });
    });
  }

  it('reads what encodeDestination wrote', () => {
    const tunnel: IpvsTunnel = { type: 'gue', port: 6080, checksum: 'remote' };
    for (const server of [natServer, { ...natServer, tunnel, forwarding: 'tunnel' as const }]) {
      const writer = new Writer();
      encodeDestination(new AttributeWriter(writer), server);
      const nest = readerOf(writer.finish().slice());
      assert.ok(nest.next());
      const counted = concat(
        nest.bytes('nest'),
        attribute(7, u32(1)),
        attribute(8, u32(2)),
        attribute(9, u32(3)),
      );
      assert.deepEqual(decodeDestinationEntry(readerOf(counted), 'ipv4'), {
        ...server,
        activeConnections: 1,
        inactiveConnections: 2,
        persistentConnections: 3,
      });
    }
  });
});

describe('decodeDestinationEntry', () => {
  it('reads all but the counters, and does not look at those', () => {
    const broken = concat(without(natServerAttributes, 10, 12), attribute(12, u16(1)));
    assert.deepEqual(decodeDestinationEntry(readerOf(broken), 'ipv4'), {
      ...natServer,
      ...counts,
      tunnel: noTunnel,
    });
  });
});
