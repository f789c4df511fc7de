/** Waiting that has an end. `AbortSignal.timeout` is not enough: nothing keeps its timer while it is waited for. */

/** Runs `body`, whose waiting the signal ends after so long. @throws what `body` throws; then an error called `TimeoutError` */
export async function inTime<Result>(
  limitMs: number,
  body: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const timer = setTimeout(
    () => over.abort(new DOMException(`not in ${limitMs} ms`, 'TimeoutError')),
    limitMs,
  );
  try {
    return await body(over.signal);
  } finally {
    clearTimeout(timer);
  }
}
