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

/**
 * Settles as the work does, or rejects as soon as the signal aborts; then the work goes on, and nobody hears of its end.
 * Leaves no listener on the signal, which may be that of many works.
 *
 * @throws the signal's reason; what the work throws
 */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(abortReason(signal));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
    work.catch(() => undefined);
  }
}

/** Why the signal aborted, as an Error. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}
