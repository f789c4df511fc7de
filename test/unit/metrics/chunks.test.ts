import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inChunks } from '../../../src/metrics/chunks.js';
import { FakeClock, settle } from '../../support/fake-clock.js';

/** Pieces that each take some time to make. */
function* pieces(count: number, clock: FakeClock, eachMs: number): Generator<string, void> {
  for (let index = 0; index < count; index++) {
    clock.advance(eachMs);
    yield `${index}\n`.padStart(100);
  }
}

/** Long enough for all the chunks between two pauses. */
async function settleLong(): Promise<void> {
  for (let wait = 0; wait < 10; wait++) await settle();
}

describe('inChunks', () => {
  it('keeps every piece in order, in chunks of some kilobytes', async () => {
    const chunks: string[] = [];
    for await (const chunk of inChunks(pieces(1000, new FakeClock(), 0), new FakeClock())) chunks.push(chunk);
    assert.equal(chunks.join(''), [...pieces(1000, new FakeClock(), 0)].join(''));
    assert.ok(chunks.every(({ length }) => length < 17 * 1024));
    assert.equal(chunks.length, 7);
  });

  it('lets the loop turn after five milliseconds of work', async () => {
    const clock = new FakeClock();
    const turns: number[] = [];
    let chunks = 0;
    const reading = (async () => {
      for await (const chunk of inChunks(pieces(1000, clock, 0.05), clock)) chunks += Number(chunk !== '');
    })();
    await settleLong();
    // Only a pause leaves a timer behind.
    for (let last = 0; clock.pending > 0; last = clock.nowMs()) {
      turns.push(clock.nowMs() - last);
      clock.advance(0);
      await settleLong();
    }
    await reading;
    assert.equal(chunks, 7);
    assert.ok(turns.length >= 6, `${turns.length} turns in 50 ms of work`);
    assert.ok(Math.max(...turns) < 8, `${Math.max(...turns)} ms in a row`);
  });
});
