import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jsonLines, splitLines } from '../../../src/api/json-lines.js';
import { iterate } from '../../api/support/fake-operations.js';
import { seededRandom } from '../../support/random.js';

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

describe('jsonLines', () => {
  it('gives nothing for nothing', async () => {
    assert.deepEqual(await collect(jsonLines(iterate([]))), []);
  });

  it('collects lines into chunks', async () => {
    const documents = Array.from({ length: 1_000 }, (_, index) => ({ index, text: 'x'.repeat(60) }));
    const chunks = await collect(jsonLines(iterate(documents)));
    assert.ok(chunks.length > 3 && chunks.length < 10, `${chunks.length} chunks`);
    assert.deepEqual(
      chunks
        .join('')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
      documents,
    );
  });
});

describe('splitLines', () => {
  it('finds the same lines wherever the text is cut', async () => {
    const random = seededRandom(5);
    const lines = Array.from({ length: 50 }, (_, index) => 'z'.repeat(index % 7));
    const text = lines.map((line) => `${line}\n`).join('');
    for (let round = 0; round < 20; round++) {
      const chunks: string[] = [];
      for (let at = 0; at < text.length;) {
        const next = at + random.int(0, 9);
        chunks.push(text.slice(at, next));
        at = next;
      }
      assert.deepEqual(await collect(splitLines(iterate(chunks))), lines);
    }
  });

  it('gives a last line that lacks its end', async () => {
    assert.deepEqual(await collect(splitLines(iterate(['a\nb']))), ['a', 'b']);
  });
});
