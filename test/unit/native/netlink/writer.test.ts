import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Writer } from '../../../../native/netlink/writer.js';
import { hexOf } from '../../../support/scripted-messages.js';

function written(write: (writer: Writer) => void, capacity?: number): string {
  const writer = new Writer(capacity);
  write(writer);
  return hexOf(writer.finish());
}

describe('Writer', () => {
  it('writes numbers in host byte order, or in network order where the name says so', () => {
    assert.equal(
      written((w) => w.u8(0xff, 'x')),
      'ff',
    );
    assert.equal(
      written((w) => w.u16(0x102, 'x')),
      '0201',
    );
    assert.equal(
      written((w) => w.u16BigEndian(0x102, 'x')),
      '0102',
    );
    assert.equal(
      written((w) => w.u32(0xff020304, 'x')),
      '040302ff',
    );
    assert.equal(
      written((w) => w.u32BigEndian(0xff020304, 'x')),
      'ff020304',
    );
    assert.equal(
      written((w) => w.i32(-2, 'x')),
      'feffffff',
    );
    assert.equal(
      written((w) => w.u64(2n ** 64n - 2n, 'x')),
      'feffffffffffffff',
    );
  });

  it('takes the ends of each range', () => {
    const ends = (w: Writer): void => {
      w.u8(0, 'x');
      w.u16(0xffff, 'x');
      w.i32(-(2 ** 31), 'x');
      w.i32(2 ** 31 - 1, 'x');
      w.u32(2 ** 32 - 1, 'x');
      w.u64(0n, 'x');
    };
    assert.equal(written(ends), '00ffff00000080ffffff7fffffffff0000000000000000');
  });

  const refused: readonly (readonly [string, (writer: Writer) => void, string])[] = [
    ['u8 of 256', (w) => w.u8(256, 'ttl'), 'ttl at offset 2: expected 0..255, got 256'],
    ['u8 of -1', (w) => w.u8(-1, 'ttl'), 'ttl at offset 2: expected 0..255, got -1'],
    ['u16 of 65536', (w) => w.u16(65536, 'x'), 'x at offset 2: expected 0..65535, got 65536'],
    [
      'u16BigEndian of 65536',
      (w) => w.u16BigEndian(65536, 'x'),
      'x at offset 2: expected 0..65535, got 65536',
    ],
    ['u16 of a fraction', (w) => w.u16(1.5, 'x'), 'x at offset 2: expected 0..65535, got 1.5'],
    ['u16 of no number', (w) => w.u16(Number.NaN, 'x'), 'x at offset 2: expected 0..65535, got NaN'],
    ['u32 of 2^32', (w) => w.u32(2 ** 32, 'x'), 'x at offset 2: expected 0..4294967295, got 4294967296'],
    ['u32BigEndian of -1', (w) => w.u32BigEndian(-1, 'x'), 'x at offset 2: expected 0..4294967295, got -1'],
    ['u32 of infinity', (w) => w.u32(Infinity, 'x'), 'x at offset 2: expected 0..4294967295, got Infinity'],
    [
      'i32 of 2^31',
      (w) => w.i32(2 ** 31, 'x'),
      'x at offset 2: expected -2147483648..2147483647, got 2147483648',
    ],
    [
      'i32 of -2^31-1',
      (w) => w.i32(-(2 ** 31) - 1, 'x'),
      'x at offset 2: expected -2147483648..2147483647, got -2147483649',
    ],
    ['i32 of a fraction', (w) => w.i32(0.5, 'x'), 'x at offset 2: expected -2147483648..2147483647, got 0.5'],
    ['u64 of -1', (w) => w.u64(-1n, 'x'), 'x at offset 2: expected 0..2^64-1, got -1'],
    [
      'u64 of 2^64',
      (w) => w.u64(2n ** 64n, 'x'),
      'x at offset 2: expected 0..2^64-1, got 18446744073709551616',
    ],
    [
      'text with a NUL',
      (w) => w.string('w\0r', 'x'),
      'x at offset 2: expected text without NUL, got "w\\u0000r"',
    ],
    [
      'what is no text',
      (w) => w.string(undefined as unknown as string, 'x'),
      'x at offset 2: expected text without NUL, got undefined',
    ],
    [
      'an array for text',
      (w) => w.string(['wrr'] as unknown as string, 'x'),
      'x at offset 2: expected text without NUL, got ["wrr"]',
    ],
    [
      'a patch that does not fit',
      (w) => w.patchU16(0, 65536, 'x'),
      'x at offset 2: expected 0..65535, got 65536',
    ],
    ['a patch of -1', (w) => w.patchU32(0, -1, 'x'), 'x at offset 2: expected 0..4294967295, got -1'],
  ];
  for (const [name, write, message] of refused) {
    it(`refuses ${name} and writes nothing of it`, () => {
      const writer = new Writer();
      writer.u16(0x55aa, 'before');
      assert.throws(() => write(writer), { name: 'CodecError', message });
      assert.equal(hexOf(writer.finish()), 'aa55');
    });
  }

  it('writes text as UTF-8 with a NUL behind it', () => {
    assert.equal(
      written((w) => w.string('wrr', 'x')),
      '77727200',
    );
    assert.equal(
      written((w) => w.string('', 'x')),
      '00',
    );
    const wide = 'ä€😀';
    assert.equal(
      written((w) => w.string(wide, 'x'), 1),
      `${Buffer.from(wide).toString('hex')}00`,
    );
  });

  it('leaves no trace of the room that a text did not need', () => {
    const both = (w: Writer): void => {
      w.string('abcdefgh', 'x');
      w.u8(1, 'x');
    };
    assert.equal(written(both, 1), '616263646566676800' + '01');
  });

  it('pads to the next multiple of 4, and not where none is missing', () => {
    for (const [length, padded] of [
      [0, 0],
      [1, 4],
      [3, 4],
      [4, 4],
      [5, 8],
    ] as const) {
      const writer = new Writer();
      writer.bytes(new Uint8Array(length).fill(0xff));
      writer.pad();
      assert.equal(hexOf(writer.finish()), 'ff'.repeat(length) + '00'.repeat(padded - length));
    }
  });

  it('grows as far as it must, and keeps what was written', () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
    const writer = new Writer(1);
    writer.u8(7, 'x');
    writer.bytes(bytes);
    for (let count = 0; count < 1000; count++) writer.u32(count, 'x');
    const all = writer.finish();
    assert.equal(all.length, 1 + 100_000 + 4000);
    assert.equal(all[0], 7);
    assert.deepEqual(all.slice(1, 100_001), bytes);
    assert.equal(hexOf(all.slice(-4)), 'e7030000');
  });

  it('begins anew after reset, and clears what it reserves in the room used before', () => {
    const writer = new Writer(16);
    writer.bytes(new Uint8Array(12).fill(0xff));
    writer.reset();
    assert.equal(writer.length, 0);
    writer.u8(1, 'x');
    const offset = writer.reserve(2);
    assert.equal(offset, 1);
    writer.pad();
    assert.equal(hexOf(writer.finish()), '01000000');
  });

  it('reserves room that is filled in through its buffer', () => {
    const writer = new Writer(1);
    writer.u16(0xffff, 'x');
    const offset = writer.reserve(4);
    writer.buffer.set([1, 2, 3, 4], offset);
    assert.equal(hexOf(writer.finish()), 'ffff01020304');
  });

  it('forgets only what was written behind the place it is reset to', () => {
    const writer = new Writer();
    writer.u32(1, 'x');
    writer.u32(2, 'x');
    writer.reset(4);
    writer.reset(400);
    assert.equal(hexOf(writer.finish()), '01000000');
  });

  it('patches what was written before', () => {
    const writer = new Writer();
    writer.u32(0, 'x');
    writer.u32(0, 'x');
    writer.patchU16(2, 0x102, 'x');
    writer.patchU32(4, 0xfffffffe, 'x');
    assert.equal(hexOf(writer.finish()), '00000201feffffff');
  });
});
