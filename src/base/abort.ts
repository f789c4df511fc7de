/** Waiting that can be cut short. */
import type { Clock } from './clock.js';

/** Resolves after `delayMs`, or at once when `signal` aborts. Keeps the process alive meanwhile. */
export async function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(delayMs, done, { ref: true });
    signal.addEventListener('abort', done, { once: true });
  });
}
