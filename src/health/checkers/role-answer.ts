/** What a server's account of its part in a group comes to. Pure. */
import { formatDuration } from '../../base/duration.js';
import type { SeenRole, WantedRole } from '../../model/role.js';
import type { ProbeResult } from '../types.js';
import { printable } from './failure.js';

/** What a check asks for. */
export interface RoleWish {
  readonly role: WantedRole;
  /** null = any lag is well. */
  readonly maxLagMs: number | null;
}

/** What the server says of itself. */
export interface RoleAnswer {
  readonly seen: SeenRole;
  /** How far a replica is behind; null = it cannot tell, or is the primary. */
  readonly lagMs: number | null;
}

/** What a server says of itself rules it out, whatever is wanted; that needs no repetition either. */
export function ruledOut(subject: string, reason: string): ProbeResult {
  return { ok: false, reason: `${subject}: ${printable(reason)}`, fact: true };
}

/**
 * A role that is not wanted is a fact, which needs no repetition. Lag changes from one moment to the next: too much of
 * it is a failure like any other, and so is a lag that is asked for and that the server cannot tell.
 *
 * @param subject `redis 10.0.0.1:6379`
 */
export function judgeRole(subject: string, { role, maxLagMs }: RoleWish, answer: RoleAnswer): ProbeResult {
  const { seen, lagMs } = answer;
  if (role !== 'any' && seen.name !== role) {
    return { ok: false, reason: `${subject}: is ${seen.name}, wanted ${role}`, role: seen, fact: true };
  }
  if (seen.name === 'primary') return { ok: true, detail: 'primary', role: seen };
  if (maxLagMs !== null && lagMs === null)
    return { ok: false, reason: `${subject}: replica, does not tell how far it is behind`, role: seen };
  if (maxLagMs !== null && lagMs !== null && lagMs > maxLagMs) {
    const lag = `${formatDuration(lagMs)} behind, at most ${formatDuration(maxLagMs)} allowed`;
    return { ok: false, reason: `${subject}: replica, ${lag}`, role: seen };
  }
  const lag = lagMs === null ? '' : `, ${formatDuration(lagMs)} behind`;
  return { ok: true, detail: `replica${lag}`, role: seen };
}
