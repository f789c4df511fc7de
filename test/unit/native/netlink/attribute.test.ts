import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AttributeReader, AttributeWriter } from '../../../../native/netlink/attribute.js';
import { CodecError } from '../../../../native/netlink/errors.js';
import { Reader } from '../../../../native/netlink/reader.js';
import { Writer } from '../../../../native/netlink/writer.js';
import { concat, hex, hexOf } from '../../../support/scripted-messages.js';

function readerOf(bytes: Uint8Array): AttributeReader {
  return new AttributeReader(new Reader(bytes), 0, bytes.length);
}

/** Stands on the first attribute. */
function firstOf(text: string): AttributeReader {
  const attributes = readerOf(hex(text));
  assert.ok(attributes.next());
  return attributes;
}

function written(write: (attributes: AttributeWriter) => void): string {
  const writer = new Writer(1);
  write(new AttributeWriter(writer));
  return hexOf(writer.finish());
}

describe('AttributeReader', () => {
  it('steps over attributes and their padding', () => {
    const attributes = readerOf(hex('0500 0100 aa 000000  0400 0200  0700 0300 bbccdd 00'));
    const seen: unknown[] = [];
    while (attributes.next()) seen.push([attributes.type, attributes.length, hexOf(attributes.bytes('x'))]);
    assert.deepEqual(seen, [
      [1, 1, 'aa'],
      [2, 0, ''],
      [3, 3, 'bbccdd'],
    ]);
    assert.equal(attributes.next(), false);
    assert.equal(attributes.next(), false);
  });

  it('takes a last attribute whose padding is cut off, in part or whole', () => {
    for (const padding of ['', '00', '0000', '000000']) {
      const attributes = readerOf(hex(`0400 0100  0500 0200 aa ${padding}`));
      assert.ok(attributes.next() && attributes.next());
      assert.equal(attributes.u8('x'), 0xaa);
      assert.equal(attributes.next(), false);
    }
  });

  it('reads only between its two offsets', () => {
    const reader = new Reader(hex('ffffffff 0500 0100 aa 000000 ffffffff'));
    const attributes = new AttributeReader(reader, 4, 12);
    assert.ok(attributes.next());
    assert.equal(attributes.u8('x'), 0xaa);
    assert.equal(attributes.next(), false);
  });

  it('keeps the flags apart from the type', () => {
    const plain = firstOf('0400 0500');
    assert.deepEqual([plain.type, plain.isNested, plain.isNetworkByteOrder], [5, false, false]);
    const nested = firstOf('0400 0580');
    assert.deepEqual([nested.type, nested.isNested, nested.isNetworkByteOrder], [5, true, false]);
    const bigEndian = firstOf('0400 0540');
    assert.deepEqual([bigEndian.type, bigEndian.isNested, bigEndian.isNetworkByteOrder], [5, false, true]);
    assert.equal(firstOf('0400 ffff').type, 0x3fff);
  });

  it('reads each kind of value', () => {
    assert.equal(firstOf('0500 0100 fe 000000').u8('x'), 0xfe);
    assert.equal(firstOf('0600 0100 0102 0000').u16('x'), 0x0201);
    assert.equal(firstOf('0600 0100 0102 0000').u16BigEndian('x'), 0x0102);
    assert.equal(firstOf('0800 0100 fcfdfeff').u32('x'), 0xfffefdfc);
    assert.equal(firstOf('0800 0100 fffefdfc').u32BigEndian('x'), 0xfffefdfc);
    assert.equal(firstOf('0800 0100 feffffff').i32('x'), -2);
    assert.equal(firstOf('0c00 0100 ffffffffffffff7f').u64('x'), 2n ** 63n - 1n);
    assert.equal(firstOf('0800 0100 77727200').string('x'), 'wrr');
    assert.equal(firstOf('0700 0100 777272 00').string('x'), 'wrr');
    assert.equal(hexOf(firstOf('0700 0100 777272 00').bytes('x', 3)), '777272');
  });

  it('demands of a number that it has its size exactly', () => {
    const three = '0700 0100 010203 00';
    const reads: ((attributes: AttributeReader) => unknown)[] = [
      (a) => a.u8('x'),
      (a) => a.u16('x'),
      (a) => a.u16BigEndian('x'),
      (a) => a.u32('x'),
      (a) => a.u32BigEndian('x'),
      (a) => a.i32('x'),
      (a) => a.u64('x'),
      (a) => a.bytes('x', 4),
    ];
    for (const read of reads) assert.throws(() => read(firstOf(three)), CodecError);
  });

  it('names the attribute in what it refuses', () => {
    assert.throws(() => firstOf('0600 0100 0102 0000').u32('IPVS_SVC_ATTR_FWMARK'), {
      message: 'IPVS_SVC_ATTR_FWMARK at offset 4: expected 4 bytes, got 2',
    });
  });

  it('reads attributes within an attribute, however deep', () => {
    const nest = firstOf('1400 0100  1000 0280  0500 0300 aa 000000  0400 0400').nested();
    assert.ok(nest.next());
    assert.equal(nest.type, 2);
    const inner = nest.nested();
    assert.ok(inner.next());
    assert.deepEqual([inner.type, inner.u8('x')], [3, 0xaa]);
    assert.ok(inner.next());
    assert.deepEqual([inner.type, inner.length], [4, 0]);
    assert.equal(inner.next(), false);
    assert.equal(nest.next(), false);
  });

  it('takes an attribute without a value for a nest without attributes', () =>
    assert.equal(firstOf('0400 0100').nested().next(), false));

  it('keeps what stands within a nest from reaching out of it', () => {
    const nest = firstOf('0800 0100 0800 0200  aabbccdd').nested();
    assert.throws(() => nest.next(), { message: 'attribute length at offset 4: expected 4..4, got 8' });
  });

  for (const [name, bytes] of [
    ['a header that is cut', '0400 01'],
    ['bytes behind the last attribute', '0400 0100 00'],
    ['a length of nothing', '0000 0100'],
    ['a length shorter than the header', '0300 0100'],
    ['a length past the end', '0900 0100 01020304'],
    ['a length of 64 KB', 'ffff 0100 01020304'],
  ] as const) {
    it(`refuses ${name}`, () => {
      const attributes = readerOf(hex(bytes));
      assert.throws(() => {
        while (attributes.next());
      }, CodecError);
    });
  }

  it('refuses offsets that do not lie in its reader', () => {
    const reader = new Reader(new Uint8Array(8));
    assert.throws(() => new AttributeReader(reader, 0, 9), CodecError);
    assert.throws(() => new AttributeReader(reader, 6, 5), CodecError);
    assert.doesNotThrow(() => new AttributeReader(reader, 8, 8));
  });
});

describe('AttributeWriter', () => {
  it('writes header, value and padding of each kind', () => {
    const kinds: readonly (readonly [(a: AttributeWriter) => void, string])[] = [
      [(a) => a.u8(1, 0xfe, 'x'), '0500 0100 fe000000'],
      [(a) => a.u16(2, 0x102, 'x'), '0600 0200 02010000'],
      [(a) => a.u16BigEndian(3, 0x102, 'x'), '0600 0300 01020000'],
      [(a) => a.u32(4, 0x1020304, 'x'), '0800 0400 04030201'],
      [(a) => a.u32BigEndian(5, 0x1020304, 'x'), '0800 0500 01020304'],
      [(a) => a.i32(6, -1, 'x'), '0800 0600 ffffffff'],
      [(a) => a.u64(7, 1n, 'x'), '0c00 0700 0100000000000000'],
      [(a) => a.string(8, 'wlc', 'x'), '0800 0800 776c6300'],
      [(a) => a.string(9, '', 'x'), '0500 0900 00000000'],
      [(a) => a.bytes(10, hex('aabbcc'), 'x'), '0700 0a00 aabbcc00'],
      [(a) => a.bytes(11, new Uint8Array(), 'x'), '0400 0b00'],
    ];
    for (const [write, bytes] of kinds) assert.equal(written(write), hexOf(hex(bytes)));
  });

  it('reserves room for a value that is put in place later', () => {
    const writer = new Writer(1);
    const offset = new AttributeWriter(writer).reserve(3, 6);
    writer.buffer.set([1, 2, 3], offset);
    assert.equal(hexOf(writer.finish()), hexOf(hex('0a00 0300 010203000000 0000')));
  });

  it('writes nests, whose length is known at their end', () => {
    const nested = (a: AttributeWriter): void => {
      const outer = a.begin(1);
      a.u8(2, 7, 'x');
      const inner = a.begin(3, 0x8000);
      a.end(inner, 'inner');
      a.end(outer, 'outer');
      a.u8(4, 8, 'x');
    };
    assert.equal(
      written(nested),
      hexOf(hex('1000 0100  0500 0200 07000000  0400 0380   0500 0400 08000000')),
    );
  });

  it('refuses a nest that outgrows its length field', () => {
    const writer = new Writer();
    const attributes = new AttributeWriter(writer);
    const start = attributes.begin(1);
    writer.zeros(0x10000 - 5);
    attributes.end(start, 'nest');
    const next = attributes.begin(1);
    writer.zeros(0x10000 - 4);
    assert.throws(() => attributes.end(next, 'nest'), { code: 'ERR_CODEC' });
  });

  it('writes what AttributeReader reads', () => {
    const writer = new Writer();
    const attributes = new AttributeWriter(writer);
    attributes.string(1, 'gre', 'x');
    attributes.u64(2, 2n ** 60n, 'x');
    const read = readerOf(concat(writer.finish()));
    assert.ok(read.next());
    assert.equal(read.string('x'), 'gre');
    assert.ok(read.next());
    assert.equal(read.u64('x'), 2n ** 60n);
  });
});
