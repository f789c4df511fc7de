import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { splitLines, type ReadBytes } from '../../../../native/proc/lines.js';
import { seededRandom } from '../../../support/random.js';

const seed = Number(process.env['LVSD_TEST_SEED'] ?? 20260);

/** Gives the text in pieces of the sizes that `size` chooses. */
function source(text: string, size: () => number): ReadBytes {
  const bytes = Buffer.from(text, 'latin1');
  let offset = 0;
  return (target) => {
    const count = Math.min(size(), target.length, bytes.length - offset);
    target.set(bytes.subarray(offset, offset + count));
    offset += count;
    return count;
  };
}

function linesOf(read: ReadBytes, bufferBytes: number): string[] {
  return Array.from(splitLines(read, '/proc/x', bufferBytes), (line) => line.toString('latin1'));
}

describe('splitLines', () => {
  const text = 'one\n\ntwenty-two\n3\nfour and more\n';
  const lines = ['one', '', 'twenty-two', '3', 'four and more'];

  it('gives the same lines for every buffer that holds the longest and every size of read', () => {
    for (let bufferBytes = 'four and more\n'.length; bufferBytes <= text.length + 1; bufferBytes++)
      for (let size = 1; size <= text.length; size++)
        assert.deepEqual(
          linesOf(
            source(text, () => size),
            bufferBytes,
          ),
          lines,
          `buffer ${bufferBytes}, reads of ${size}`,
        );
  });

  it('gives the same lines however reads are cut', () => {
    const random = seededRandom(seed);
    for (let round = 0; round < 500; round++) {
      const expected = Array.from({ length: random.int(0, 40) }, () => 'x'.repeat(random.int(0, 30)));
      const whole = expected.map((line) => `${line}\n`).join('');
      const got = linesOf(
        source(whole, () => random.int(1, 50)),
        random.int(31, 80),
      );
      assert.deepEqual(got, expected, `seed ${seed}, round ${round}`);
    }
  });

  it('gives nothing for nothing', () =>
    assert.deepEqual(
      linesOf(() => 0, 8),
      [],
    ));

  it('refuses a line past the limit, and names its number', () => {
    assert.throws(
      () =>
        linesOf(
          source('1234567\n12345678\n', () => 100),
          8,
        ),
      {
        code: 'ERR_CODEC',
        message: '/proc/x line 2 at offset 8: expected a line feed within 8 bytes, got more of the line',
      },
    );
  });

  it('refuses a last line that does not end', () => {
    assert.throws(
      () =>
        linesOf(
          source('one\ntw', () => 3),
          16,
        ),
      {
        code: 'ERR_CODEC',
        message: '/proc/x line 2 at offset 2: expected a line feed, got the end of the file',
      },
    );
  });

  it('does not take a line feed that an earlier read left in the buffer', () => {
    const pieces = ['long line\nx', 'y', 'z\n'];
    const read: ReadBytes = (target) =>
      Buffer.from(target.buffer, target.byteOffset).write(pieces.shift() ?? '');
    assert.deepEqual(linesOf(read, 16), ['long line', 'xyz']);
  });
});
