import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CodecError } from '../../../../native/netlink/errors.js';
import { Reader } from '../../../../native/netlink/reader.js';
import { hex, hexOf } from '../../../support/scripted-messages.js';

/** Where to read a number from, how many bytes it takes, and the call. */
const methods: readonly (readonly [string, number, (reader: Reader, offset: number) => unknown])[] = [
  ['u8', 1, (reader, offset) => reader.u8(offset, 'x')],
  ['u16', 2, (reader, offset) => reader.u16(offset, 'x')],
  ['u16BigEndian', 2, (reader, offset) => reader.u16BigEndian(offset, 'x')],
  ['u32', 4, (reader, offset) => reader.u32(offset, 'x')],
  ['u32BigEndian', 4, (reader, offset) => reader.u32BigEndian(offset, 'x')],
  ['i32', 4, (reader, offset) => reader.i32(offset, 'x')],
  ['u64', 8, (reader, offset) => reader.u64(offset, 'x')],
  ['string', 4, (reader, offset) => reader.string(offset, 4, 'x')],
  ['slice', 4, (reader, offset) => reader.slice(offset, 4, 'x')],
];

describe('Reader', () => {
  const reader = new Reader(hex('01 0203 04050607 fffefdfc fbfaf9f8 8000000000000001'));

  it('reads numbers in host byte order, at any alignment', () => {
    assert.equal(reader.u8(0, 'x'), 1);
    assert.equal(reader.u16(1, 'x'), 0x0302);
    assert.equal(reader.u32(3, 'x'), 0x07060504);
    assert.equal(reader.u64(7, 'x'), 0xf8f9fafbfcfdfeffn);
  });

  it('reads network byte order where the name says so', () => {
    assert.equal(reader.u16BigEndian(1, 'x'), 0x0203);
    assert.equal(reader.u32BigEndian(3, 'x'), 0x04050607);
  });

  it('keeps unsigned numbers unsigned, and signed ones signed', () => {
    assert.equal(reader.u16(7, 'x'), 0xfeff);
    assert.equal(reader.u32(7, 'x'), 0xfcfdfeff);
    assert.equal(reader.u32BigEndian(7, 'x'), 0xfffefdfc);
    assert.equal(reader.i32(7, 'x'), 0xfcfdfeff - 2 ** 32);
    assert.equal(new Reader(hex('ffffffffffffffff')).u64(0, 'x'), 2n ** 64n - 1n);
  });

  it('reads 64 bits without loss', () => {
    assert.equal(new Reader(hex('0100000000002000')).u64(0, 'x'), 2n ** 53n + 1n);
  });

  it('reads within a view, not within the buffer under it', () => {
    const buffer = hex('dbdbdbdb 0102 dbdbdbdb');
    const view = new Reader(buffer.subarray(4, 6));
    assert.equal(view.length, 2);
    assert.equal(view.u16(0, 'x'), 0x0201);
    assert.throws(() => view.u16(1, 'x'), CodecError);
    assert.throws(() => view.u8(-1, 'x'), CodecError);
  });

  it('reads a text up to its NUL, or to the end of its field', () => {
    const field = new Reader(Buffer.from('wrr\0\0xlc'));
    assert.equal(field.string(0, 6, 'x'), 'wrr');
    assert.equal(field.string(0, 3, 'x'), 'wrr');
    assert.equal(field.string(5, 3, 'x'), 'xlc');
    assert.equal(field.string(3, 2, 'x'), '');
    assert.equal(field.string(8, 0, 'x'), '');
  });

  it('reads text that is no UTF-8 without failing', () =>
    assert.equal(new Reader(hex('61ff62')).string(0, 3, 'x'), 'a\ufffdb'));

  it('reads a byte-order mark as the text that it is', () =>
    assert.equal(new Reader(hex('efbbbf6100')).string(0, 5, 'x'), '\ufeffa'));

  it('gives slices as views', () => {
    const bytes = hex('01020304');
    const slice = new Reader(bytes).slice(1, 2, 'x');
    assert.equal(hexOf(slice), '0203');
    bytes[1] = 9;
    assert.equal(hexOf(slice), '0903');
  });

  for (const [name, size, read] of methods) {
    it(`refuses ${name} past the end, and before the beginning`, () => {
      const eight = new Reader(new Uint8Array(new ArrayBuffer(64), 8, 8));
      assert.doesNotThrow(() => read(eight, 8 - size));
      for (const offset of [8 - size + 1, 8, 9, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER, -1, -(2 ** 31)]) {
        assert.throws(() => read(eight, offset), CodecError, `${offset}`);
      }
    });
  }

  it('says what it was reading, where, and what was there', () => {
    assert.throws(() => new Reader(hex('010203')).u32(1, 'IPVS_SVC_ATTR_TIMEOUT'), {
      name: 'CodecError',
      code: 'ERR_CODEC',
      message: 'IPVS_SVC_ATTR_TIMEOUT at offset 1: expected 4 bytes, got 2 before the end',
      details: {
        what: 'IPVS_SVC_ATTR_TIMEOUT',
        offset: 1,
        expected: '4 bytes',
        got: '2 before the end',
      },
    });
  });

  it('refuses slices of a negative length', () =>
    assert.throws(() => new Reader(new Uint8Array(8)).slice(4, -1, 'x'), CodecError));
});
