/** Waiting for what nothing tells of. */
import { setTimeout } from 'node:timers/promises';

/**
 * Asks again and again until there is an answer, and gives it.
 *
 * @param what for the message
 * @throws Error when there is none within `seconds`
 */
export async function until<T>(
  what: string,
  seconds: number,
  ask: () => T | null | undefined | false | Promise<T | null | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await setTimeout(20);
  }
}
