/** Words for a failed probe. What a server sends can get into them, so they are made safe to print. */
import { reasonOf } from '../../base/errors.js';
import type { ProbeResult } from '../types.js';

const LONGEST_REASON = 200;

/** A failed probe: `<operation> <subject>: <reason>`. */
export function failure(subject: string, thrown: unknown): ProbeResult {
  return { ok: false, reason: `${subject}: ${printable(describe(thrown))}` };
}

/**
 * The shortest exact words for an error: the errno name of a system call, the library's reason of a TLS error, else
 * the message.
 */
export function describe(thrown: unknown): string {
  if (thrown instanceof Error) {
    if ('syscall' in thrown && 'code' in thrown) return String(thrown.code);
    if ('reason' in thrown && typeof thrown.reason === 'string') return thrown.reason;
  }
  return reasonOf(thrown);
}

function printable(text: string): string {
  const safe = text.replaceAll(/[^ -~]+/g, ' ');
  return safe.length <= LONGEST_REASON ? safe : `${safe.slice(0, LONGEST_REASON)}...`;
}
