/** Long work in turns, so that the rest of the process gets its own. */
import type { Clock } from './clock.js';

/** Under the 5 ms that nothing may hold the loop: the work between two looks, and garbage collection, come on top. */
const LONGEST_TURN_MS = 3;

/**
 * A function to await now and then during long work: it lets the loop turn once the work has gone on for 3 ms.
 *
 * Time that the work itself waited counts too, which costs a needless turn at most. Never rejects.
 */
export function takeTurns(clock: Clock): () => Promise<void> {
  let startedMs = clock.nowMs();
  return async () => {
    if (clock.nowMs() - startedMs < LONGEST_TURN_MS) return;
    await new Promise<void>((resolve) => void clock.after(0, resolve, { ref: true }));
    startedMs = clock.nowMs();
  };
}

/** A look at the clock costs more than a small value. */
const VALUES_A_LOOK = 64;

/** The values one by one, made when they are asked for; lets the loop turn however fast the reader takes them. */
export async function* inTurns<T>(values: Iterable<T>, clock: Clock): AsyncGenerator<T, void> {
  const turn = takeTurns(clock);
  let given = 0;
  for (const value of values) {
    yield value;
    if (++given % VALUES_A_LOOK === 0) await turn();
  }
}
