/** What makes two probes one. Pure. */
import { createHash } from 'node:crypto';
import type { RealServer } from '../model/real-server.js';
import type { ActiveCheck, Question } from './types.js';

/** Of a check's question: thousands of servers share one check, whose certificates may be large. */
const questions = new WeakMap<Question, string>();

/**
 * Equal for checks that ask the same server the same question in the same way: address, port, everything of the check
 * but how its results are counted. Short whatever the check holds, and free of its secrets.
 */
export function probeKey(check: Question, server: RealServer): string {
  const asked = 'vip' in check ? wayTo(server) : whom(check, server);
  return JSON.stringify([check.type, ...asked, questionOf(check)]);
}

function questionOf(check: Question): string {
  const known = questions.get(check);
  if (known !== undefined) return known;
  const { timing, ...question } = check;
  const text = JSON.stringify([timing.timeoutMs, { ...question, port: null }]);
  const digest = createHash('sha256').update(text).digest('base64url');
  questions.set(check, digest);
  return digest;
}

/** The part of the server that the question depends on. */
function whom(check: Question, { address, port, name, key }: RealServer): readonly (string | number)[] {
  switch (check.type) {
    case 'icmp':
      return [address];
    case 'exec':
      return [address, check.port ?? port, name];
    case 'file':
      return [address, port, name];
    case 'external':
      return [key];
    default:
      return [address, check.port ?? port];
  }
}

/** By the service's address, which is part of the question, each server is reached through a service of its own. */
function wayTo({ key, forwarding, tunnel }: RealServer): readonly string[] {
  const { type, port, checksum } = tunnel ?? { type: '', port: 0, checksum: '' };
  return [key, forwarding, `${type} ${port} ${checksum}`];
}

/** Equal for checks that ask the same server for its role, whichever one they want. */
export function roleTarget(check: ActiveCheck, server: RealServer): string {
  return JSON.stringify([check.type, ...whom(check, server)]);
}

/** Tells a server's checks apart, for people: by type, and port or number where that does not do. */
export function checkLabels(checks: readonly ActiveCheck[]): readonly string[] {
  const plain = checks.map((check) =>
    'port' in check && check.port !== null ? `${check.type} port ${check.port}` : check.type,
  );
  return plain.map((label, index) =>
    plain.indexOf(label) === plain.lastIndexOf(label) ? label : `check ${index + 1} (${label})`,
  );
}
