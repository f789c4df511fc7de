/** Why rules of `match` services cannot be read or set. Pure. */
import type { ExchangeResult } from '../../../../native/proc/exchange.js';
import { DirectorError } from '../../../base/errors.js';

export function rulesError(what: 'read' | 'set', tool: string, reason: string): DirectorError {
  return new DirectorError(`${what} the rules of match services: ${tool}: ${reason}`, {
    code: 'ERR_MATCH_RULES',
    details: { tool },
    retryable: true,
  });
}

/** The reason in one line: that it is not there, or its own first words. */
export function complaintOf({ error, complaint, exitStatus }: ExchangeResult): string {
  if (error?.code === 'ENOENT') return 'not installed';
  if (error !== null) return error.message.split('\n')[0] ?? error.message;
  const [first] = complaint.split('\n').filter((line) => line.trim() !== '');
  return first?.trim() ?? `exit status ${exitStatus}`;
}
