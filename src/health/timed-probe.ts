/** Runs one probe under a timeout and turns everything that can happen into an outcome. */
import type { Clock } from '../base/clock.js';
import { formatDuration } from '../base/duration.js';
import { reasonOf } from '../base/errors.js';
import type { Agenda } from './agenda.js';
import type { StallWatch } from './stall-watch.js';
import type { Checker, ProbeOutcome, ProbeResult } from './types.js';

export interface TimedResult {
  readonly result: ProbeResult;
  readonly outcome: ProbeOutcome;
  readonly durationMs: number;
}

/** What judges time. */
export interface ProbeTime {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly stalls: StallWatch;
}

/** A probe is given back the time of standstills so often; at the next it is given up, and says nothing. */
const MOST_GIVEN_BACK = 3;
/** A timer that comes later than this may have come before an answer that lies there unread, ms. */
const LATE_MS = 10;
/** So long does the loop read on then, ms: longer than one run of the agenda. */
const LAST_LOOK_MS = 10;
/** Time may be off by so much when it is compared, ms. */
const EPSILON_MS = 0.001;

/**
 * Probes once; aborts `abort` after `timeoutMs`.
 *
 * A standstill of the director is no fault of the server, whose answer may lie unread: only time in which the loop
 * turned counts for the timeout, and where it turned late, though it did not stand still, it reads once more what has come. A failure of a probe during which it stood still for a timeout or more says nothing:
 * the server may have lost patience. A result that arrives after the timeout is a timeout, whatever it says. A checker
 * that throws has failed: a bug in one checker must neither end the process nor count as health. Never rejects; leaves
 * no alarm.
 */
export async function timedProbe(
  checker: Checker,
  timeoutMs: number,
  { clock, agenda, stalls }: ProbeTime,
  abort: AbortController,
): Promise<TimedResult> {
  const startedMs = clock.nowMs();
  const turnedMs = stalls.turnedMs();
  const stoodMs = (): number => clock.nowMs() - startedMs - (stalls.turnedMs() - turnedMs);
  let givenBack = 0;
  let ended: 'in time' | 'timeout' | 'given up' = 'in time';
  let looked = false;
  let dueMs = startedMs + timeoutMs;
  const wait = (untilMs: number): void => {
    dueMs = untilMs;
    alarm.set(untilMs);
  };
  const alarm = agenda.alarm(() => {
    const leftMs = timeoutMs - (stalls.turnedMs() - turnedMs);
    if (leftMs > EPSILON_MS && givenBack++ < MOST_GIVEN_BACK) {
      wait(clock.nowMs() + leftMs);
      return;
    }
    if (leftMs <= EPSILON_MS && !looked && clock.nowMs() - dueMs > LATE_MS) {
      looked = true;
      wait(clock.nowMs() + LAST_LOOK_MS);
      return;
    }
    ended = leftMs > EPSILON_MS ? 'given up' : 'timeout';
    abort.abort(new Error(ended === 'timeout' ? timeoutReason(timeoutMs) : stalledReason(stoodMs())));
  });
  wait(dueMs);
  const result = await probeByValue(checker, abort.signal);
  alarm.cancel();
  stalls.look();
  return { ...judge(result, ended, timeoutMs, stoodMs()), durationMs: clock.nowMs() - startedMs };
}

function judge(
  result: ProbeResult,
  ended: 'in time' | 'timeout' | 'given up',
  timeoutMs: number,
  stoodMs: number,
): Omit<TimedResult, 'durationMs'> {
  if (result.ok === null) return { result, outcome: 'inconclusive' };
  const good = result.ok && ended === 'in time';
  if (good) return { result, outcome: 'success' };
  if (ended === 'given up' || stoodMs >= timeoutMs)
    return { result: { ok: null, reason: stalledReason(stoodMs) }, outcome: 'inconclusive' };
  if (ended === 'in time') return { result, outcome: 'failure' };
  const reason = result.ok ? timeoutReason(timeoutMs) : result.reason;
  return { result: { ok: false, reason }, outcome: 'timeout' };
}

function timeoutReason(timeoutMs: number): string {
  return `timeout after ${formatDuration(timeoutMs)}`;
}

function stalledReason(stoodMs: number): string {
  return `the director stood still for ${(stoodMs / 1000).toFixed(1)}s while it probed`;
}

async function probeByValue(checker: Checker, signal: AbortSignal): Promise<ProbeResult> {
  try {
    return await checker.probe(signal);
  } catch (thrown) {
    return { ok: false, reason: reasonOf(thrown) };
  }
}
