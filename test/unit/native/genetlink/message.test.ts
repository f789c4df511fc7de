import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeGenericMessage, encodeGenericHeader } from '../../../../native/genetlink/message.js';
import { CodecError } from '../../../../native/netlink/errors.js';
import { Writer } from '../../../../native/netlink/writer.js';
import { hex, hexOf } from '../../../support/scripted-messages.js';

const messageOf = (payload: string): Parameters<typeof decodeGenericMessage>[0] => ({
  type: 0x21,
  flags: 0,
  sequence: 1,
  portId: 0,
  payload: hex(payload),
});

describe('encodeGenericHeader', () => {
  it('writes command, version and two bytes of zeros', () => {
    const writer = new Writer();
    encodeGenericHeader(writer, 0x11, 1);
    assert.equal(hexOf(writer.finish()), '11010000');
  });

  it('refuses what does not fit', () => {
    assert.throws(() => encodeGenericHeader(new Writer(), 256, 1), CodecError);
    assert.throws(() => encodeGenericHeader(new Writer(), 1, 256), CodecError);
  });
});

describe('decodeGenericMessage', () => {
  it('splits header and attributes', () => {
    const { command, version, attributes } = decodeGenericMessage(
      messageOf('05 02 ffff 0500 0100 aa 000000'),
    );
    assert.deepEqual([command, version], [5, 2]);
    assert.ok(attributes.next());
    assert.deepEqual([attributes.type, attributes.u8('x')], [1, 0xaa]);
    assert.equal(attributes.next(), false);
  });

  it('takes a message without attributes', () =>
    assert.equal(decodeGenericMessage(messageOf('05010000')).attributes.next(), false));

  it('refuses a header that is cut', () => {
    for (const cut of ['', '05', '050100'])
      assert.throws(() => decodeGenericMessage(messageOf(cut)), CodecError);
  });
});
