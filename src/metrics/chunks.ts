/** Joins small pieces of text into chunks, letting the loop turn in between. */
import type { Clock } from '../base/clock.js';
import { takeTurns } from '../base/take-turns.js';

const CHUNK_CHARACTERS = 16 * 1024;

/** Looking at the clock costs as much as a piece. */
const PIECES_A_LOOK = 64;

/** Chunks of about 16 KiB; the loop turns after at most 5 ms of making them, however fast they are taken. */
export async function* inChunks(pieces: Iterable<string>, clock: Clock): AsyncGenerator<string, void> {
  const turn = takeTurns(clock);
  let chunk = '';
  let made = 0;
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = '';
    }
    if (++made % PIECES_A_LOOK === 0) await turn();
  }
  if (chunk !== '') yield chunk;
}
