/** Joins small pieces of text into chunks, letting the loop turn in between. */
import type { Clock } from '../base/clock.js';

const CHUNK_CHARACTERS = 16 * 1024;

/** Work in a row before other work of the process gets its turn. */
const LONGEST_TURN_MS = 4;

/** Chunks of about 16 KiB; the loop turns after at most 5 ms of making them, however fast they are taken. */
export async function* inChunks(pieces: Iterable<string>, clock: Clock): AsyncGenerator<string, void> {
  let chunk = '';
  let sincePause = 0;
  let turnStartedMs = clock.nowMs();
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length >= CHUNK_CHARACTERS) {
      yield chunk;
      chunk = '';
    }
    // Reading the clock costs as much as a piece.
    if (++sincePause % 64 === 0 && clock.nowMs() - turnStartedMs >= LONGEST_TURN_MS) {
      await new Promise<void>((resolve) => void clock.after(0, resolve, { ref: true }));
      turnStartedMs = clock.nowMs();
    }
  }
  if (chunk !== '') yield chunk;
}
