/** How long it takes until a server that was killed is out of the table, against what it may take. */
import assert from 'node:assert/strict';
import type { MachineDelay } from './machine-delay.js';

/** Left for all else than waiting for probes. */
export const GRACE_MS = 50;
/** A machine that is later than this by itself measures itself, and not the director. */
const MOST_LATE_MS = 20;
const MOST_ATTEMPTS = 5;

export interface KillTiming {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly fall: number;
}

export interface Kill {
  /** Wall clock. */
  readonly killedMs: number;
  readonly removedMs: number;
}

export function limitOf({ intervalMs, timeoutMs, fall }: KillTiming): number {
  return intervalMs * fall + timeoutMs + GRACE_MS;
}

/**
 * Kills, says what it took, and holds it to the limit.
 *
 * One that was measured while the machine itself was late is said, too, and made again; the last is held to the limit in any case.
 *
 * @param what for people
 * @param attempt kills, and waits until the server is out; the server is back afterwards
 */
export async function assertKillTime(
  what: string,
  timing: KillTiming,
  machine: MachineDelay,
  attempt: () => Promise<Kill>,
): Promise<void> {
  const limitMs = limitOf(timing);
  for (let left = MOST_ATTEMPTS - 1; ; left--) {
    await machine.take();
    const { killedMs, removedMs } = await attempt();
    const lateMs = await machine.take();
    const tookMs = removedMs - killedMs;
    const again = tookMs > limitMs && lateMs > MOST_LATE_MS && left > 0;
    const line = `${what}: out of the table after ${tookMs} ms of ${limitMs} ms; this machine was ${lateMs.toFixed(0)} ms late by itself`;
    console.log(again ? `${line}: once more` : line);
    if (again) continue;
    assert.ok(tookMs <= limitMs, line);
    return;
  }
}
