/** Words for a failed probe. What a server sends can get into them, so they are made safe to print. */
import { reasonOf } from '../../base/errors.js';
import type { ProbeResult } from '../types.js';

const LONGEST_REASON = 200;
const LONGEST_EXCERPT = 60;

/** What the director itself has run out of: the server has not been asked. */
const OWN_FAULTS = new Set([
  'EAGAIN',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOBUFS',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'ERR_PROBE_SOURCE',
  'ERR_CHECK_CLIENT',
]);

/**
 * A failed probe, or one that could not be made: `<operation> <subject>: <reason>`.
 *
 * @param secret that the server was told, and may repeat: an echo, or an error that quotes its command
 */
export function failure(subject: string, thrown: unknown, secret: string | null = null): ProbeResult {
  return isOwnFault(thrown)
    ? notProbed(subject, thrown)
    : { ok: false, reason: `${subject}: ${printable(without(secret, describe(thrown)))}` };
}

function without(secret: string | null, text: string): string {
  if (secret === null || secret === '') return text;
  const escaped = escapeBytes(Buffer.from(secret).toString('latin1'));
  return text.replaceAll(secret, '[password]').replaceAll(escaped, '[password]');
}

/** A probe that could not be made, by a fault of the director. */
export function notProbed(subject: string, thrown: unknown): ProbeResult {
  return { ok: null, reason: `${subject}: ${printable(describe(thrown))}` };
}

function isOwnFault(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const { code, details } = error as { code?: unknown; details?: { errno?: unknown } };
    if (OWN_FAULTS.has(String(code)) || OWN_FAULTS.has(String(details?.errno))) return true;
  }
  return false;
}

/**
 * The shortest exact words for an error: the errno name of a system call, the library's reason of a TLS error, else
 * the message.
 */
export function describe(thrown: unknown): string {
  if (thrown instanceof Error) {
    if ('syscall' in thrown && 'code' in thrown) return String(thrown.code);
    if ('reason' in thrown && typeof thrown.reason === 'string') return thrown.reason;
    // Of a system call by way of native/.
    const errno = (thrown as { details?: { errno?: unknown } }).details?.errno;
    if (typeof errno === 'string') return errno;
  }
  return reasonOf(thrown);
}

/** Says in which phase it failed, since "ECONNRESET" alone does not tell. @throws Error */
export async function during<T>(phase: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    throw inPhase(phase, thrown);
  }
}

/** What is thrown there, with the phase before its words. */
export function inPhase(phase: string, thrown: unknown): Error {
  return new Error(`${phase}: ${describe(thrown)}`, { cause: thrown });
}

/** One line of ASCII of bounded length. */
export function printable(text: string, longest: number = LONGEST_REASON): string {
  const safe = text.replaceAll(/[^ -~]+/g, ' ');
  return safe.length <= longest ? safe : `${safe.slice(0, longest)}...`;
}

/** The beginning of what a server sent, in quotes, its line ends and strange bytes as escapes. */
export function excerpt(bytes: Buffer): string {
  if (bytes.length === 0) return 'nothing';
  const cut = bytes.subarray(0, LONGEST_EXCERPT).toString('latin1');
  return `"${escapeBytes(cut)}"${bytes.length > LONGEST_EXCERPT ? '...' : ''}`;
}

/** One character a byte in, ASCII out, as the file writes it: `\\r\\n`, `\\xff`. */
export function escapeBytes(bytes: string): string {
  return bytes.replaceAll(/[^ !#-[\]-~]/g, (character) => {
    const known = { '\r': '\\r', '\n': '\\n', '\t': '\\t', '"': '\\"', '\\': '\\\\' }[character];
    return known ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
