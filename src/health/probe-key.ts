/** What makes two probes one. Pure. */
import type { RealServer } from '../model/real-server.js';
import type { ActiveCheck } from './types.js';

/**
 * Equal for checks that ask the same server the same question in the same way: address, port, everything of the check
 * but how its results are counted. May hold secrets: never printed.
 */
export function probeKey(check: ActiveCheck, server: RealServer): string {
  const { timing, ...question } = check;
  return JSON.stringify([whom(check, server), timing.timeoutMs, { ...question, port: null }]);
}

/** The part of the server that the question depends on. */
function whom(check: ActiveCheck, { address, port, name, key }: RealServer): readonly (string | number)[] {
  switch (check.type) {
    case 'icmp':
      return [address];
    case 'exec':
    case 'file':
      return [address, port, name];
    case 'external':
      return [key];
    default:
      return [address, check.port ?? port];
  }
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
