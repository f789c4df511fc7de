/** Runs one probe under a timeout and turns everything that can happen into an outcome. */
import type { Clock } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import type { Checker, ProbeOutcome, ProbeResult } from './types.js';

export interface TimedResult {
  readonly result: ProbeResult;
  readonly outcome: ProbeOutcome;
  readonly durationMs: number;
}

/**
 * Probes once; aborts `abort` after `timeoutMs`.
 *
 * A result that arrives after the timeout is a timeout, whatever it says. A checker that throws has failed: a bug in
 * one checker must neither end the process nor count as health. Never rejects; leaves no timer.
 */
export async function timedProbe(
  checker: Checker,
  timeoutMs: number,
  clock: Clock,
  abort: AbortController,
): Promise<TimedResult> {
  const startedMs = clock.nowMs();
  const timeout = { reason: `timeout after ${formatSeconds(timeoutMs)}`, reached: false };
  const timer = clock.after(timeoutMs, () => {
    timeout.reached = true;
    abort.abort(new Error(timeout.reason));
  });
  const result = await probeByValue(checker, abort.signal);
  timer.cancel();
  const durationMs = clock.nowMs() - startedMs;
  if (!timeout.reached) return { result, outcome: result.ok ? 'success' : 'failure', durationMs };
  return {
    result: result.ok ? { ok: false, reason: timeout.reason } : result,
    outcome: 'timeout',
    durationMs,
  };
}

async function probeByValue(checker: Checker, signal: AbortSignal): Promise<ProbeResult> {
  try {
    return await checker.probe(signal);
  } catch (thrown) {
    return { ok: false, reason: reasonOf(thrown) };
  }
}

/** `1s`, `1.5s`, `250ms`: as the file writes durations. */
function formatSeconds(ms: number): string {
  return ms >= 1000 ? `${ms / 1000}s` : `${ms}ms`;
}
