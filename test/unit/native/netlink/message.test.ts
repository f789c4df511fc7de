import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CodecError } from '../../../../native/netlink/errors.js';
import {
  beginMessage,
  decodeDone,
  decodeErrorReply,
  endMessage,
  splitDatagram,
} from '../../../../native/netlink/message.js';
import type { NetlinkMessage } from '../../../../native/netlink/message.js';
import { Writer } from '../../../../native/netlink/writer.js';
import { hex, hexOf } from '../../../support/scripted-messages.js';

const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;

/** What the codec refuses, by what it was reading. */
function refuses(run: () => unknown, what: string): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof CodecError, String(error));
    assert.equal(error.details.what, what);
    return true;
  });
}

describe('splitDatagram', () => {
  const two = hex(`
    18000000 1c00 0200 05000000 39300000   ; 24 bytes, type 28, flags MULTI, sequence 5, port 12345
      01020304 05060708
    13000000 0300 0200 06000000 00000000   ; 19 bytes, DONE, and a byte of padding
      0a0b0c 00
  `);

  it('gives header and payload of each message, without the padding', () => {
    const [first, second, ...more] = splitDatagram(two);
    assert.deepEqual(
      { ...first, payload: hexOf(first!.payload) },
      { type: 28, flags: 2, sequence: 5, portId: 12345, payload: '0102030405060708' },
    );
    assert.deepEqual(
      { ...second, payload: hexOf(second!.payload) },
      { type: 3, flags: 2, sequence: 6, portId: 0, payload: '0a0b0c' },
    );
    assert.deepEqual(more, []);
  });

  it('gives views of the datagram, wherever that begins in its buffer', () => {
    const buffer = new Uint8Array(two.length + 7);
    buffer.set(two, 5);
    const [first] = splitDatagram(buffer.subarray(5, 5 + two.length));
    buffer[5 + 16] = 0xff;
    assert.equal(hexOf(first!.payload), 'ff02030405060708');
  });

  it('takes a last message whose padding was cut off', () => {
    const [, second] = splitDatagram(two.subarray(0, two.length - 1));
    assert.equal(hexOf(second!.payload), '0a0b0c');
  });

  it('reads the upper halves of numbers as unsigned', () => {
    const [message] = splitDatagram(hex('10000000 ffff feff fdffffff fcffffff'));
    assert.deepEqual(
      { ...message, payload: 0 },
      { type: 0xffff, flags: 0xfffe, sequence: 0xfffffffd, portId: 0xfffffffc, payload: 0 },
    );
  });

  it('gives nothing of an empty datagram', () => assert.deepEqual(splitDatagram(new Uint8Array()), []));

  for (const [name, bytes, what] of [
    ['a header that is cut', '10000000 0300 0000 01000000 000000', 'message header'],
    ['bytes behind the last message', '10000000 0300 0000 01000000 00000000 0000', 'message header'],
    ['a length shorter than the header', '0f000000 0300 0000 01000000 00000000', 'message length'],
    ['a length of nothing', '00000000 0300 0000 01000000 00000000', 'message length'],
    ['a length past the end', '14000000 0300 0000 01000000 00000000', 'message length'],
    ['a length of 4 GB', 'ffffffff 0300 0000 01000000 00000000', 'message length'],
  ] as const) {
    it(`refuses ${name}`, () => refuses(() => splitDatagram(hex(bytes)), what));
  }
});

describe('beginMessage and endMessage', () => {
  it('write header, payload and padding', () => {
    const writer = new Writer();
    const start = beginMessage(writer, 0x21, 0x305, 0xfffffffe);
    writer.u8(7, 'value');
    endMessage(writer, start);
    assert.equal(hexOf(writer.finish()), '11000000' + '2100' + '0503' + 'feffffff' + '00000000' + '07000000');
  });

  it('write the next message behind the padding', () => {
    const writer = new Writer();
    for (const sequence of [1, 2]) {
      const start = beginMessage(writer, 3, 0, sequence);
      writer.u8(sequence, 'value');
      endMessage(writer, start);
    }
    assert.deepEqual(
      splitDatagram(writer.finish()).map(({ sequence, payload }) => [sequence, hexOf(payload)]),
      [
        [1, '01'],
        [2, '02'],
      ],
    );
  });

  it('refuse a type that does not fit', () =>
    refuses(() => beginMessage(new Writer(), 0x10000, 0, 1), 'message type'));
});

function answer(type: number, flags: number, payload: string): NetlinkMessage {
  return { type, flags, sequence: 1, portId: 0, payload: hex(payload) };
}
const error = (flags: number, payload: string): NetlinkMessage => answer(2, flags, payload);
const done = (flags: number, payload: string): NetlinkMessage => answer(3, flags, payload);
const request = '14000000 2100 0500 01000000 00000000';

describe('decodeErrorReply', () => {
  it('takes errno 0 for an acknowledgement', () => {
    assert.deepEqual(decodeErrorReply(error(NLM_F_CAPPED, `00000000 ${request}`)), {
      errno: 0,
      extack: { text: null, offset: null },
    });
  });

  it('gives the errno as a positive number', () => {
    assert.equal(decodeErrorReply(error(NLM_F_CAPPED, `efffffff ${request}`)).errno, 17);
    assert.equal(decodeErrorReply(error(NLM_F_CAPPED, `00000080 ${request}`)).errno, 0x80000000);
  });

  it('reads text and offset behind a capped request', () => {
    const tlvs = '0800 0200 18000000  0c00 0100 62616420706967 00';
    assert.deepEqual(
      decodeErrorReply(error(NLM_F_CAPPED | NLM_F_ACK_TLVS, `eaffffff ${request} ${tlvs}`)).extack,
      { text: 'bad pig', offset: 0x18 },
    );
  });

  it('reads them behind a request that is repeated whole, aligned', () => {
    const whole = '15000000 2100 0500 01000000 00000000 0102030405 000000';
    const decoded = decodeErrorReply(error(NLM_F_ACK_TLVS, `eaffffff ${whole} 0800 0100 6e6f 7400`));
    assert.deepEqual(decoded, { errno: 22, extack: { text: 'not', offset: null } });
  });

  it('does not look for them where the flag is not set', () => {
    const garbage = `eaffffff ${request} ff`;
    assert.deepEqual(decodeErrorReply(error(NLM_F_CAPPED, garbage)).extack, { text: null, offset: null });
  });

  it('passes over what it does not know among them', () => {
    const tlvs = '0500 0600 01000000  0800 0400 00000000';
    const decoded = decodeErrorReply(error(NLM_F_CAPPED | NLM_F_ACK_TLVS, `eaffffff ${request} ${tlvs}`));
    assert.deepEqual(decoded.extack, { text: null, offset: null });
  });

  const huge = 'ffffffff 2100 0500 01000000 00000000';
  const tiny = '0f000000 2100 0500 01000000 00000000';
  for (const [name, flags, payload, what] of [
    ['an errno that is cut', 0, '00 00', 'error number'],
    ['an errno above zero', NLM_F_CAPPED, `01000000 ${request}`, 'error number'],
    ['a request header that is cut', 0, '00000000 14000000', 'header of the request in an error reply'],
    ['a request that passes the end', NLM_F_ACK_TLVS, `eaffffff ${request}`, 'request in an error reply'],
    ['a request of 4 GB', NLM_F_ACK_TLVS, `eaffffff ${huge}`, 'request in an error reply'],
    ['a request shorter than its header', NLM_F_ACK_TLVS, `eaffffff ${tiny}`, 'request in an error reply'],
    ['an attribute that is cut', 0x300, `eaffffff ${request} 0800 0200 1800`, 'attribute length'],
    ['an offset of two bytes', 0x300, `eaffffff ${request} 0600 0200 1800 0000`, 'NLMSGERR_ATTR_OFFS'],
  ] as const) {
    it(`refuses ${name}`, () => refuses(() => decodeErrorReply(error(flags, payload)), what));
  }
});

describe('decodeDone', () => {
  it('takes 0 and no payload for a dump that is complete', () => {
    assert.equal(decodeDone(done(2, '00000000')).errno, 0);
    assert.equal(decodeDone(done(2, '')).errno, 0);
  });

  it('gives the errno that broke a dump off, and its text', () => {
    assert.deepEqual(decodeDone(done(NLM_F_ACK_TLVS, 'a6ffffff 0900 0100 736d616c 00000000')), {
      errno: 90,
      extack: { text: 'smal', offset: null },
    });
  });

  it('refuses an errno that is cut or above zero', () => {
    refuses(() => decodeDone(done(2, '0000')), 'error number of a dump');
    refuses(() => decodeDone(done(2, '05000000')), 'error number');
  });
});
