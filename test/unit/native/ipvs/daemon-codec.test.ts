import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  decodeDaemon,
  decodeInfo,
  decodeTimeouts,
  encodeDaemon,
  encodeDaemonRole,
  encodeTimeouts,
} from '../../../../native/ipvs/daemon-codec.js';
import type { IpvsDaemonConfig } from '../../../../native/ipvs/types.js';
import { AttributeWriter } from '../../../../native/netlink/attribute.js';
import { CodecError } from '../../../../native/netlink/errors.js';
import { Writer } from '../../../../native/netlink/writer.js';
import { attribute, concat, hex, hexOf, text, u16, u32, u8 } from '../../../support/scripted-messages.js';
import { readerOf, without } from './golden.js';

function encoded(write: (attributes: AttributeWriter) => void): string {
  const writer = new Writer(1);
  write(new AttributeWriter(writer));
  return hexOf(writer.finish());
}
const full = (daemon: IpvsDaemonConfig): string => encoded((a) => encodeDaemon(a, daemon));

const plain: IpvsDaemonConfig = { role: 'master', interface: 'eth0', syncId: 7 };
const complete: IpvsDaemonConfig = {
  role: 'backup',
  interface: 'dummy0',
  syncId: 255,
  maxLength: 1400,
  group: '224.0.0.90',
  port: 8850,
  ttl: 3,
};

const attributes: Readonly<Record<number, Uint8Array>> = {
  1: attribute(1, u32(2)),
  2: attribute(2, text('dummy0')),
  3: attribute(3, u32(255)),
  4: attribute(4, u16(1400)),
  5: attribute(5, hex('e000005a')),
  7: attribute(7, u16(8850)),
  8: attribute(8, u8(3)),
};

describe('encodeDaemon', () => {
  it('writes role, interface and id, and leaves to the kernel what is not set', () => {
    const golden = '2000 0300  0800 0100 01000000  0900 0200 65746830 00 000000  0800 0300 07000000';
    assert.equal(full(plain), hexOf(hex(golden)));
  });

  it('writes everything that is set', () => {
    const golden = hex(`
      4000 0300                                               ; IPVS_CMD_ATTR_DAEMON
        0800 0100 02000000                                    ; STATE backup
        0b00 0200 64756d6d7930 00 00                          ; MCAST_IFN dummy0
        0800 0300 ff000000                                    ; SYNC_ID
        0600 0400 7805 0000                                   ; SYNC_MAXLEN 1400
        0800 0500 e000005a                                    ; MCAST_GROUP
        0600 0700 9222 0000                                   ; MCAST_PORT 8850, host order
        0500 0800 03 000000                                   ; MCAST_TTL
    `);
    assert.equal(full(complete), hexOf(golden));
  });

  it('writes an IPv6 group as an attribute of its own', () =>
    assert.ok(
      full({ ...plain, group: 'ff02::81' }).endsWith(
        hexOf(hex('1400 0600 ff020000000000000000000000000081')),
      ),
    ));

  for (const [name, change, what] of [
    ['a group that is no address', { group: 'all' }, 'multicast group'],
    ['a length above 65535', { maxLength: 65536 }, 'IPVS_DAEMON_ATTR_SYNC_MAXLEN'],
    ['a port above 65535', { port: 65536 }, 'IPVS_DAEMON_ATTR_MCAST_PORT'],
    ['a time to live above 255', { ttl: 256 }, 'IPVS_DAEMON_ATTR_MCAST_TTL'],
    ['a negative id', { syncId: -1 }, 'IPVS_DAEMON_ATTR_SYNC_ID'],
    ['an id above 255', { syncId: 256 }, 'IPVS_DAEMON_ATTR_SYNC_ID'],
    ['an interface with a NUL', { interface: 'e\0' }, 'IPVS_DAEMON_ATTR_MCAST_IFN'],
    [
      'an interface that is no text',
      { interface: undefined as unknown as string },
      'IPVS_DAEMON_ATTR_MCAST_IFN',
    ],
    ['a role of no name', { role: 'primary' as 'master' }, 'IPVS_DAEMON_ATTR_STATE'],
  ] as const) {
    it(`refuses ${name}`, () =>
      assert.throws(
        () => full({ ...plain, ...change }),
        (error) => error instanceof CodecError && error.details.what === what,
      ));
  }

  it('asks for an address of either family where the group is none', () =>
    assert.throws(() => full({ ...plain, group: '224.0.0' }), {
      message: 'multicast group at offset 0: expected an IP address, got 224.0.0',
    }));
});

describe('encodeDaemonRole', () => {
  it('writes the role alone', () => {
    assert.equal(
      encoded((a) => encodeDaemonRole(a, 'master')),
      hexOf(hex('0c00 0300 0800 0100 01000000')),
    );
    assert.equal(
      encoded((a) => encodeDaemonRole(a, 'backup')),
      hexOf(hex('0c00 0300 0800 0100 02000000')),
    );
  });
});

describe('decodeDaemon', () => {
  it('reads a daemon whole', () =>
    assert.deepEqual(decodeDaemon(readerOf(...Object.values(attributes))), complete));

  it('reads an IPv6 group', () => {
    const group6 = attribute(6, hex('ff020000000000000000000000000081'));
    assert.deepEqual(decodeDaemon(readerOf(without(attributes, 5), group6)), {
      ...complete,
      group: 'ff02::81',
    });
  });

  it('leaves out what kernels before 4.3 do not tell', () => {
    assert.deepEqual(decodeDaemon(readerOf(without(attributes, 4, 5, 7, 8))), {
      role: 'backup',
      interface: 'dummy0',
      syncId: 255,
    });
  });

  it('passes over what it does not know', () =>
    assert.deepEqual(decodeDaemon(readerOf(attribute(77, u32(1)), ...Object.values(attributes))), complete));

  for (const [name, id] of [
    ['IPVS_DAEMON_ATTR_STATE', 1],
    ['IPVS_DAEMON_ATTR_MCAST_IFN', 2],
    ['IPVS_DAEMON_ATTR_SYNC_ID', 3],
  ] as const) {
    it(`refuses a daemon without ${name}`, () =>
      assert.throws(() => decodeDaemon(readerOf(without(attributes, id))), {
        message: `${name} at offset 0: expected an attribute, got none`,
      }));
  }

  for (const [name, id, bytes] of [
    ['a state of both roles', 1, attribute(1, u32(3))],
    ['a state of no role', 1, attribute(1, u32(0))],
    ['a group of 16 bytes', 5, attribute(5, new Uint8Array(16))],
    ['an IPv6 group of 4 bytes', 6, attribute(6, new Uint8Array(4))],
    ['a port of four bytes', 7, attribute(7, u32(1))],
    ['a time to live of two bytes', 8, attribute(8, u16(1))],
  ] as const) {
    it(`refuses ${name}`, () =>
      assert.throws(() => decodeDaemon(readerOf(without(attributes, id), bytes)), CodecError));
  }

  it('reads what encodeDaemon wrote', () => {
    for (const daemon of [plain, complete, { ...complete, group: 'ff05::1:3' }]) {
      const writer = new Writer();
      encodeDaemon(new AttributeWriter(writer), daemon);
      const nest = readerOf(writer.finish().slice());
      assert.ok(nest.next());
      assert.deepEqual(decodeDaemon(nest.nested()), daemon);
    }
  });
});

describe('timeouts', () => {
  const timeouts = { tcpSec: 900, tcpFinSec: 120, udpSec: 300 };
  const golden = '0800 0400 84030000  0800 0500 78000000  0800 0600 2c010000';

  it('are written at the top level', () =>
    assert.equal(
      encoded((a) => encodeTimeouts(a, timeouts)),
      hexOf(hex(golden)),
    ));

  it('are read from there', () => assert.deepEqual(decodeTimeouts(readerOf(hex(golden))), timeouts));

  it('are 0 where the kernel lacks the protocol', () => {
    const nothing = { tcpSec: 0, tcpFinSec: 0, udpSec: 0 };
    assert.deepEqual(decodeTimeouts(readerOf()), nothing);
    assert.deepEqual(decodeTimeouts(readerOf(attribute(6, u32(3)), attribute(9, u32(4)))), {
      ...nothing,
      udpSec: 3,
    });
  });

  it('are refused when they do not fit', () => {
    for (const change of [{ tcpSec: -1 }, { tcpFinSec: 2 ** 32 }, { udpSec: 0.5 }]) {
      assert.throws(() => encoded((a) => encodeTimeouts(a, { ...timeouts, ...change })), CodecError);
    }
    assert.throws(() => decodeTimeouts(readerOf(attribute(4, u16(1)))), CodecError);
  });
});

describe('decodeInfo', () => {
  it('reads the version from three bytes, and the size of the table', () => {
    const info = concat(attribute(1, u32(0x010201)), attribute(2, u32(4096)));
    assert.deepEqual(decodeInfo(readerOf(info)), { version: '1.2.1', connectionTableSize: 4096 });
    const large = concat(attribute(9, u32(1)), attribute(2, u32(2 ** 27)), attribute(1, u32(0xffabcdef)));
    assert.deepEqual(decodeInfo(readerOf(large)), { version: '171.205.239', connectionTableSize: 2 ** 27 });
  });

  it('refuses an answer without either', () => {
    assert.throws(() => decodeInfo(readerOf(attribute(1, u32(1)))), CodecError);
    assert.throws(() => decodeInfo(readerOf(attribute(2, u32(1)))), CodecError);
  });
});
