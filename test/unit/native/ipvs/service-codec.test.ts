import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  decodeService,
  decodeServiceEntry,
  encodeService,
  encodeServiceKey,
} from '../../../../native/ipvs/service-codec.js';
import type { IpvsServiceConfig, IpvsServiceKey } from '../../../../native/ipvs/types.js';
import { AttributeWriter } from '../../../../native/netlink/attribute.js';
import { CodecError } from '../../../../native/netlink/errors.js';
import { Writer } from '../../../../native/netlink/writer.js';
import { attribute, concat, hex, hexOf, text, u16, u16be, u32 } from '../../../support/scripted-messages.js';
import {
  fwmarkService,
  readerOf,
  statsFrom,
  stats64Nest,
  tcpService,
  tcpServiceAttributes,
  union,
  without,
} from './golden.js';

function encoded(write: (attributes: AttributeWriter) => void): string {
  const writer = new Writer(1);
  write(new AttributeWriter(writer));
  return hexOf(writer.finish());
}
const full = (service: IpvsServiceConfig): string => encoded((a) => encodeService(a, service));
const key = (service: IpvsServiceKey): string => encoded((a) => encodeServiceKey(a, service));

describe('encodeService', () => {
  it('writes a service by address', () => {
    const golden = hex(`
      5400 0100                                               ; IPVS_CMD_ATTR_SERVICE
        0600 0100 0200 0000                                   ; AF 2
        0600 0200 0600 0000                                   ; PROTOCOL 6
        1400 0300 0a000064 000000000000000000000000           ; ADDR 10.0.0.100
        0600 0400 0050 0000                                   ; PORT 80, network order
        0800 0600 77727200                                    ; SCHED_NAME wrr
        0c00 0700 00000000 ffffffff                           ; FLAGS 0, all of them
        0800 0800 00000000                                    ; TIMEOUT
        0800 0900 ffffffff                                    ; NETMASK
    `);
    assert.equal(full(tcpService), hexOf(golden));
  });

  it('writes a persistent service with an engine and a mask in network order', () => {
    const golden = hex(`
      5c00 0100
        0600 0100 0200 0000
        0600 0200 1100 0000                                   ; PROTOCOL 17
        1400 0300 c0000201 000000000000000000000000
        0600 0400 13c4 0000                                   ; PORT 5060
        0800 0600 776c6300                                    ; SCHED_NAME wlc
        0800 0b00 73697000                                    ; PE_NAME sip
        0c00 0700 05000000 ffffffff                           ; FLAGS persistent, one-packet
        0800 0800 100e0000                                    ; TIMEOUT 3600
        0800 0900 ffffff00                                    ; NETMASK 255.255.255.0, network order
    `);
    const sip: IpvsServiceConfig = {
      ...tcpService,
      protocol: 17,
      address: '192.0.2.1',
      port: 5060,
      scheduler: 'wlc',
      persistenceEngine: 'sip',
      flags: 0x5,
      timeoutSec: 3600,
      netmask: 0xffffff00,
    };
    assert.equal(full(sip), hexOf(golden));
  });

  it('writes IPv6 with a prefix length in host order', () => {
    const golden = hex(
      `
      5400 0100
        0600 0100 0a00 0000                                   ; AF 10
        0600 0200 0600 0000
        1400 0300 20010db8000000000000000000000001
        0600 0400 01bb 0000                                   ; PORT 443
        0700 0600 6d6800 00                                   ; SCHED_NAME mh, one byte of padding
        0c00 0700 01000000 ffffffff
        0800 0800 3c000000                                    ; TIMEOUT 60
        0800 0900 40000000                                    ; NETMASK /64
    `,
    );
    const service: IpvsServiceConfig = {
      family: 'ipv6',
      protocol: 6,
      address: '2001:db8::1',
      port: 443,
      scheduler: 'mh',
      flags: 1,
      timeoutSec: 60,
      netmask: 64,
      persistenceEngine: null,
    };
    assert.equal(full(service), hexOf(golden));
  });

  it('writes a service by mark without protocol, address and port', () => {
    const golden = hex(`
      3800 0100
        0600 0100 0a00 0000                                   ; AF 10
        0800 0500 07000000                                    ; FWMARK 7
        0700 0600 736800 00                                   ; SCHED_NAME sh
        0c00 0700 18000000 ffffffff                           ; FLAGS sh-fallback, sh-port
        0800 0800 00000000
        0800 0900 80000000                                    ; NETMASK /128
    `);
    assert.equal(full(fwmarkService), hexOf(golden));
  });

  for (const [name, change, what] of [
    ['an address of the other family', { address: '2001:db8::1' }, 'address'],
    ['a name for an address', { address: 'localhost' }, 'address'],
    ['a port above 65535', { port: 65536 }, 'IPVS_SVC_ATTR_PORT'],
    ['a negative protocol', { protocol: -1 }, 'IPVS_SVC_ATTR_PROTOCOL'],
    ['a timeout of a fraction', { timeoutSec: 0.5 }, 'IPVS_SVC_ATTR_TIMEOUT'],
    ['a timeout that the kernel would let wrap', { timeoutSec: 4_000_001 }, 'IPVS_SVC_ATTR_TIMEOUT'],
    ['flags of 33 bits', { flags: 2 ** 32 }, 'IPVS_SVC_ATTR_FLAGS'],
    ['a negative mask', { netmask: -256 }, 'IPVS_SVC_ATTR_NETMASK'],
    ['a scheduler with a NUL', { scheduler: 'r\0r' }, 'IPVS_SVC_ATTR_SCHED_NAME'],
    [
      'a scheduler that is no text',
      { scheduler: undefined as unknown as string },
      'IPVS_SVC_ATTR_SCHED_NAME',
    ],
    ['an engine with a NUL', { persistenceEngine: '\0' }, 'IPVS_SVC_ATTR_PE_NAME'],
  ] as const) {
    it(`refuses ${name}`, () =>
      assert.throws(
        () => full({ ...tcpService, ...change }),
        (error) => error instanceof CodecError && error.details.what === what,
      ));
  }

  it('takes the longest timeout', () =>
    assert.ok(full({ ...tcpService, timeoutSec: 4_000_000 }).includes(hexOf(attribute(8, u32(4_000_000))))));
});

describe('encodeServiceKey', () => {
  it('writes what identifies a service, and nothing more', () => {
    const golden = hex(`
      3000 0100
        0600 0100 0200 0000
        0600 0200 0600 0000
        1400 0300 0a000064 000000000000000000000000
        0600 0400 0050 0000
    `);
    assert.equal(key(tcpService), hexOf(golden));
    assert.equal(key(fwmarkService), hexOf(hex('1400 0100  0600 0100 0a00 0000  0800 0500 07000000')));
  });

  it('refuses the mark 0, which the kernel would take for none', () =>
    assert.throws(() => key({ family: 'ipv4', fwmark: 0 }), {
      message: 'IPVS_SVC_ATTR_FWMARK at offset 0: expected 1..4294967295, got 0',
    }));

  it('takes the largest mark, and refuses one above', () => {
    assert.match(key({ family: 'ipv4', fwmark: 0xffffffff }), /08000500ffffffff$/);
    assert.throws(() => key({ family: 'ipv4', fwmark: 2 ** 32 }), CodecError);
  });
});

describe('decodeService', () => {
  it('reads a service by address, with 64-bit counters beyond 2^53 exactly', () => {
    assert.deepEqual(decodeService(readerOf(...Object.values(tcpServiceAttributes))), {
      ...tcpService,
      flags: 0x2,
      stats: statsFrom(2n ** 53n + 1n),
    });
  });

  it('reads a service by mark', () => {
    const byMark = concat(without(tcpServiceAttributes, 2, 3, 4), attribute(5, u32(0xfffffffe)));
    const { family, scheduler, netmask, persistenceEngine, timeoutSec } = tcpService;
    assert.deepEqual(decodeService(readerOf(byMark)), {
      ...{ family, scheduler, netmask, persistenceEngine, timeoutSec },
      fwmark: 0xfffffffe,
      flags: 0x2,
      stats: statsFrom(2n ** 53n + 1n),
    });
  });

  it('reads IPv6: the address whole, the mask as a prefix length in host order', () => {
    const ipv6 = concat(
      without(tcpServiceAttributes, 1, 3, 9),
      attribute(1, u16(10)),
      attribute(3, union(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9)),
      attribute(9, u32(48)),
    );
    const service = decodeService(readerOf(ipv6));
    assert.ok('address' in service);
    assert.deepEqual([service.family, service.address, service.netmask], ['ipv6', '2001:db8::9', 48]);
  });

  it('reads an IPv4 mask in network order', () => {
    const masked = concat(without(tcpServiceAttributes, 9), attribute(9, hex('ffff0000')));
    assert.equal(decodeService(readerOf(masked)).netmask, 0xffff0000);
  });

  it('reads the attributes in any order', () => {
    const reversed = Object.values(tcpServiceAttributes).reverse();
    assert.deepEqual(
      decodeService(readerOf(...reversed)),
      decodeService(readerOf(...Object.values(tcpServiceAttributes))),
    );
  });

  it('lets the last of two count, and passes over what it does not know', () => {
    const doubled = concat(
      attribute(4, u16be(1)),
      attribute(99, u32(1)),
      ...Object.values(tcpServiceAttributes),
      attribute(6, text('rr')),
    );
    const service = decodeService(readerOf(doubled));
    assert.ok('port' in service);
    assert.deepEqual([service.port, service.scheduler], [80, 'rr']);
  });

  it('reads an address of four bytes', () => {
    const short = concat(without(tcpServiceAttributes, 3), attribute(3, hex('0a000064')));
    const service = decodeService(readerOf(short));
    assert.ok('address' in service && service.address === '10.0.0.100');
  });

  it('reads the engine where there is one', () => {
    const sip = concat(without(tcpServiceAttributes), attribute(11, text('sip')));
    assert.equal(decodeService(readerOf(sip)).persistenceEngine, 'sip');
  });

  it('reads what kernels before 4.1 send: 32-bit counters alone', () => {
    const old = without(tcpServiceAttributes, 12);
    assert.deepEqual(decodeService(readerOf(old)).stats, statsFrom(100n));
  });

  it('prefers the 64-bit counters also when they come first', () => {
    const first = concat(attribute(12, stats64Nest(7n)), without(tcpServiceAttributes, 12));
    assert.deepEqual(decodeService(readerOf(first)).stats, statsFrom(7n));
  });

  for (const [name, id] of [
    ['IPVS_SVC_ATTR_AF', 1],
    ['IPVS_SVC_ATTR_PROTOCOL', 2],
    ['IPVS_SVC_ATTR_ADDR', 3],
    ['IPVS_SVC_ATTR_PORT', 4],
    ['IPVS_SVC_ATTR_SCHED_NAME', 6],
    ['IPVS_SVC_ATTR_FLAGS', 7],
    ['IPVS_SVC_ATTR_TIMEOUT', 8],
    ['IPVS_SVC_ATTR_NETMASK', 9],
  ] as const) {
    it(`refuses a service without ${name}`, () =>
      assert.throws(() => decodeService(readerOf(without(tcpServiceAttributes, id))), {
        code: 'ERR_CODEC',
        message: `${name} at offset 0: expected an attribute, got none`,
      }));
  }

  it('refuses a service without any counters', () =>
    assert.throws(() => decodeService(readerOf(without(tcpServiceAttributes, 10, 12))), {
      message: 'IPVS_SVC_ATTR_STATS at offset 0: expected an attribute, got none',
    }));

  for (const [name, id, bytes] of [
    ['an unknown family', 1, attribute(1, u16(7))],
    ['a family of four bytes', 1, attribute(1, u32(2))],
    ['an address of 8 bytes', 3, attribute(3, new Uint8Array(8))],
    ['a port of one byte', 4, attribute(4, Uint8Array.of(1))],
    ['flags without their mask', 7, attribute(7, u32(1))],
    ['a mask of two bytes', 9, attribute(9, u16(1))],
    ['counters that are no attributes', 12, attribute(12, u16(1))],
  ] as const) {
    it(`refuses ${name}`, () => {
      const changed = concat(without(tcpServiceAttributes, id), bytes);
      assert.throws(() => decodeService(readerOf(changed)), CodecError);
    });
  }

  it('refuses an IPv6 address of four bytes', () => {
    const changed = concat(without(tcpServiceAttributes, 1, 3), attribute(1, u16(10)), attribute(3, u32(1)));
    assert.throws(() => decodeService(readerOf(changed)), CodecError);
  });

  it('reads what encodeService wrote', () => {
    for (const service of [tcpService, fwmarkService, { ...tcpService, persistenceEngine: 'sip' }]) {
      const writer = new Writer();
      encodeService(new AttributeWriter(writer), service);
      const nest = readerOf(writer.finish().slice());
      assert.ok(nest.next());
      assert.deepEqual(decodeServiceEntry(nest.nested()), service);
    }
  });
});

describe('decodeServiceEntry', () => {
  it('reads all but the counters, and does not look at those', () => {
    const broken = concat(without(tcpServiceAttributes, 12), attribute(12, u16(1)));
    assert.deepEqual(decodeServiceEntry(readerOf(broken)), { ...tcpService, flags: 0x2 });
    assert.deepEqual(decodeServiceEntry(readerOf(without(tcpServiceAttributes, 10, 12))), {
      ...tcpService,
      flags: 0x2,
    });
  });
});
