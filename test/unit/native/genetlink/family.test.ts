import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeFamily, listFamilies, resolveFamily } from '../../../../native/genetlink/family.js';
import { NetlinkConnection } from '../../../../native/netlink/connection.js';
import { CodecError, NetlinkError } from '../../../../native/netlink/errors.js';
import { ack, done, entry, refuse, reply, ScriptedKernel } from '../../../support/scripted-kernel.js';
import { attribute, genericHeader, hex, hexOf, text, u16, u32 } from '../../../support/scripted-messages.js';

const ENOENT = 2;
const EPERM = 1;
const GENL_ID_CTRL = 0x10;

/** Attributes of a family as the kernel describes it. */
const id = attribute(1, u16(0x21));
const name = attribute(2, text('IPVS'));
const version = attribute(3, u32(1));
const headerSize = attribute(4, u32(0));
const maxAttribute = attribute(5, u32(6));
const operations = attribute(
  6,
  attribute(1, attribute(1, u32(1)), attribute(2, u32(0x0b))),
  attribute(2, attribute(1, u32(4)), attribute(2, u32(0x0f))),
);
const groups = attribute(7, attribute(1, attribute(1, text('notify')), attribute(2, u32(9))));

function decode(...attributes: readonly Uint8Array[]): ReturnType<typeof decodeFamily> {
  const payload = Uint8Array.from(Buffer.concat([genericHeader(1, 2), ...attributes]));
  return decodeFamily({ type: GENL_ID_CTRL, flags: 0, sequence: 1, portId: 0, payload });
}

describe('decodeFamily', () => {
  it('gives id, name, version, operations and groups', () => {
    assert.deepEqual(decode(name, id, version, headerSize, maxAttribute, operations, groups), {
      id: 0x21,
      name: 'IPVS',
      version: 1,
      maxAttribute: 6,
      operations: [
        { command: 1, flags: 0x0b },
        { command: 4, flags: 0x0f },
      ],
      groups: [{ name: 'notify', id: 9 }],
    });
  });

  it('needs no more than id and name', () => {
    assert.deepEqual(decode(id, name), {
      id: 0x21,
      name: 'IPVS',
      version: 0,
      maxAttribute: 0,
      operations: [],
      groups: [],
    });
  });

  it('passes over what it does not know, at every level', () => {
    const unknown = attribute(99, u32(1));
    const nested = attribute(6, attribute(1, unknown, attribute(1, u32(3))));
    const inGroup = attribute(7, attribute(1, unknown, attribute(2, u32(3))));
    const family = decode(unknown, id, name, nested, inGroup);
    assert.deepEqual(family.operations, [{ command: 3, flags: 0 }]);
    assert.deepEqual(family.groups, [{ name: '', id: 3 }]);
  });

  for (const [missing, attributes] of [
    ['CTRL_ATTR_FAMILY_ID', [name]],
    ['CTRL_ATTR_FAMILY_NAME', [id]],
  ] as const) {
    it(`refuses an answer without ${missing}`, () =>
      assert.throws(() => decode(...attributes), {
        code: 'ERR_CODEC',
        message: `family at offset 0: expected id and name, got no ${missing}`,
      }));
  }

  it('refuses an id of four bytes', () =>
    assert.throws(() => decode(attribute(1, u32(0x21)), name), CodecError));
});

describe('resolveFamily', () => {
  const answer = reply(GENL_ID_CTRL, genericHeader(1, 2), name, id);

  it('asks by name, byte for byte', () => {
    const kernel = new ScriptedKernel([[answer, ack]]);
    assert.equal(resolveFamily(new NetlinkConnection(kernel), 'IPVS')?.id, 0x21);
    const golden = hex(`
      20000000 1000 0500 01000000 00000000   ; 32 bytes, CTRL, REQUEST|ACK, sequence 1
      03 01 0000                             ; CTRL_CMD_GETFAMILY
      0900 0200 49505653 00 000000           ; CTRL_ATTR_FAMILY_NAME IPVS
    `);
    assert.equal(hexOf(kernel.sent[0]!.bytes), hexOf(golden));
  });

  it('gives null when the kernel has no such family', () => {
    const kernel = new ScriptedKernel([[refuse(ENOENT)]]);
    assert.equal(resolveFamily(new NetlinkConnection(kernel), 'IPVS'), null);
  });

  it('gives null when the kernel acknowledges and says nothing', () =>
    assert.equal(resolveFamily(new NetlinkConnection(new ScriptedKernel([[ack]])), 'IPVS'), null));

  it('passes on any other refusal', () => {
    const connection = new NetlinkConnection(new ScriptedKernel([[refuse(EPERM)]]));
    assert.throws(
      () => resolveFamily(connection, 'IPVS'),
      (error) =>
        error instanceof NetlinkError && error.message === 'resolve generic netlink family IPVS: EPERM',
    );
  });
});

describe('listFamilies', () => {
  it('gives the names of all, and asks for none by name', () => {
    const another = entry(
      GENL_ID_CTRL,
      genericHeader(1, 2),
      attribute(2, text('nlctrl')),
      attribute(1, u16(0x10)),
    );
    const ipvs = entry(GENL_ID_CTRL, genericHeader(1, 2), name, id);
    const kernel = new ScriptedKernel([[another, ipvs, done()]]);
    assert.deepEqual(listFamilies(new NetlinkConnection(kernel)), ['nlctrl', 'IPVS']);
    assert.equal(hexOf(kernel.sent[0]!.messages[0]!.payload), hexOf(genericHeader(3, 1)));
  });
});
