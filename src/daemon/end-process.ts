/** Ends the process of a director that has closed, also when a file system that does not answer holds a thread of it. */
import type { Clock } from '../base/clock.js';

/** Without such a thread the process ends by itself, at once. */
export const PROCESS_END_MS = 1000;

/**
 * Whoever supervises would wait for its whole limit otherwise, and then kill.
 *
 * @param code of the exit
 */
export function endProcessInTime(clock: Clock, code: number): void {
  clock.after(PROCESS_END_MS, () => {
    // Only now: what has nothing to load has ended before.
    void import('../../native/libc/exit.js').then(({ exitWithoutThreads }) => exitWithoutThreads(code));
  });
}
