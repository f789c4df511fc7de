/** Runs one probe under a timeout and turns everything that can happen into an outcome. */
import type { Clock, Timer } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import type { Checker, ProbeOutcome, ProbeResult } from './types.js';

export interface TimedResult {
  readonly result: ProbeResult;
  readonly outcome: ProbeOutcome;
  readonly durationMs: number;
}

/** A timer that fires later than this tells of a process that stood still. */
const STANDSTILL_MS = 50;

/**
 * Probes once; aborts `abort` after `timeoutMs`.
 *
 * A standstill of the director, such as reading a large file, is no fault of the server, whose answer may lie unread:
 * the probe is given that time back, once, and at most `timeoutMs` of it. A result that arrives after the timeout is a timeout, whatever it says. A checker that throws has failed: a bug in
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
  const timer = afterTurning(clock, timeoutMs, () => {
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

/** Calls back after `delayMs` in which the loop turned, as far as one such timer can know. */
function afterTurning(clock: Clock, delayMs: number, callback: () => void): Timer {
  const dueMs = clock.nowMs() + delayMs;
  let timer = clock.after(delayMs, () => {
    const lateMs = clock.nowMs() - dueMs;
    if (lateMs <= STANDSTILL_MS) callback();
    else timer = clock.after(Math.min(lateMs, delayMs), callback);
  });
  return { cancel: () => timer.cancel() };
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
