import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ControlReader, controlSpace, encodeControl } from '../../../../native/libc/control-message.js';

const [level, type] = [41, 52];
const four = Uint8Array.of(1, 2, 3, 4);

function readerOf(...messages: readonly Uint8Array[]): { reader: ControlReader; end: number } {
  const bytes = Buffer.concat(messages);
  const reader = new ControlReader(bytes.length + 16);
  reader.bytes.fill(0xa5);
  reader.bytes.set(bytes);
  return { reader, end: bytes.length };
}

describe('control messages', () => {
  it('are found one behind the other, each at its alignment', () => {
    const first = encodeControl(level, 50, new Uint8Array(20));
    const { reader, end } = readerOf(first, encodeControl(level, type, four));
    const at = reader.find(end, level, type, 4);
    assert.deepEqual(reader.bytes.slice(at, at + 4), four);
    assert.equal(new Int32Array(four.buffer)[0], reader.int32(at));
    assert.equal(end, controlSpace(20, 4));
    assert.ok(reader.find(end, level, 50, 20) < at);
  });

  it('are not found under another number, or with less data', () => {
    const { reader, end } = readerOf(encodeControl(level, type, four));
    assert.equal(reader.find(end, level, 51, 4), -1);
    assert.equal(reader.find(end, 0, type, 4), -1);
    assert.equal(reader.find(end, level, type, 5), -1);
  });

  it('are not looked for past what was received', () => {
    const { reader, end } = readerOf(encodeControl(level, 1, four), encodeControl(level, type, four));
    for (let cut = 0; cut < end - controlSpace(4) + 4; cut++)
      assert.equal(reader.find(cut, level, type, 4), -1, `${cut} bytes`);
    assert.equal(reader.find(10_000, level, 99, 4), -1);
  });

  it('end at one whose length is impossible', () => {
    const { reader, end } = readerOf(encodeControl(level, 1, four), encodeControl(level, type, four));
    reader.bytes.fill(0, 0, 8);
    assert.equal(reader.find(end, level, type, 4), -1);
    reader.bytes.fill(0xff, 0, 8);
    assert.equal(reader.find(end, level, type, 4), -1);
  });
});
