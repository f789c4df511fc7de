/** What a probe says of a server of a test's own, and what it asked of it. */
import assert from 'node:assert/strict';
import type { Checker, ProbeResult } from '../../../src/health/types.js';
import { leavesNothingOpen } from './descriptors.js';
import { probe } from './loopback.js';

/** Probes the server on this port once; nothing is left open. */
export type Ask<Settings> = (
  port: number,
  more?: Partial<Settings>,
  timeoutMs?: number,
) => Promise<ProbeResult>;

/** @param checkerOf makes the checker of a server on loopback */
export function asking<Settings>(
  checkerOf: (port: number, more: Partial<Settings>, timeoutMs: number) => Checker,
): Ask<Settings> {
  return (port, more = {}, timeoutMs = 5000) =>
    leavesNothingOpen(() => probe(checkerOf(port, more, timeoutMs), timeoutMs));
}

export interface Found {
  readonly result: ProbeResult;
  readonly words: string;
  readonly asked: readonly string[];
}

/** A server that remembers what it was asked. */
interface ScriptedServer {
  readonly port: number;
  readonly asked: () => readonly string[];
  readonly idle: () => Promise<void>;
}

/** Runs a server by a script of its own, and probes it. */
export function findingBy<Script, Settings>(
  withServer: (script: Script, use: (server: ScriptedServer) => Promise<void>) => Promise<void>,
  ask: Ask<Settings>,
): (script: Script, more?: Partial<Settings>, timeoutMs?: number) => Promise<Found> {
  return async (script, more, timeoutMs) => {
    const found: Found[] = [];
    await withServer(script, async ({ port, asked, idle }) => {
      const result = await ask(port, more, timeoutMs);
      await idle();
      found.push({ result, words: wordsOf(result), asked: asked() });
    });
    return found[0] ?? assert.fail();
  };
}

/** The reason without the server, or `up: ` and the detail. */
export function wordsOf(result: ProbeResult): string {
  return 'reason' in result ? withoutSubject(result.reason) : `up: ${result.detail}`;
}

/** The result with the reason alone, which does not name the server. */
export function shortened(result: ProbeResult): ProbeResult {
  return 'reason' in result ? { ...result, reason: withoutSubject(result.reason) } : result;
}

function withoutSubject(reason: string): string {
  return reason.replace(/^[a-z]+ 127\.0\.0\.1:\d+: /, '');
}
