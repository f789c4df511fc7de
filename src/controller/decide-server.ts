/** What becomes of each server, once it is known who serves. Pure. */
import type { ServerDecision } from '../model/desired-state.js';
import type { ServerKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type { Serving } from '../model/serving.js';
import type { ServiceSettings, VirtualService } from '../model/virtual-service.js';
import type { Standing } from './judge-server.js';

type Policy = Pick<VirtualService, 'settings' | 'sorryServer'>;

/** Never throws. @param panic those that the panic threshold keeps in: `serving.panic` */
export function decideServer(
  standing: Standing,
  policy: Policy,
  serving: Serving,
  panic: ReadonlySet<ServerKey>,
): ServerDecision {
  const { server, weight } = standing;
  const { key, name } = server;
  if (standing.state === 'ordered-out') {
    const present = standing.quiesced && mayStand(server, serving);
    const ended = standing.quiesced ? {} : ({ drained: true } as const);
    return { server: key, name, present, weight: 0, reason: standing.reason, ...ended };
  }
  if (serving.tier === 'sorry' && policy.sorryServer?.key === key)
    return sorryDecision({ ...policy.sorryServer, name }, serving);
  const decided = { server: key, name };
  if (panic.has(key))
    return { ...decided, present: true, weight, reason: `panic: kept in; ${standing.reason}`, panic: true };
  if (!mayStand(server, serving))
    return { ...decided, present: false, weight: 0, reason: backupReason(standing) };
  if (standing.state !== 'well')
    return { ...decided, present: standing.quiesced, weight: 0, reason: standing.reason };
  if (server.backup !== undefined || weight === 0 || primariesServe(serving))
    return { ...decided, present: true, weight, reason: standing.reason };
  const reason = `stands aside: ${serving.reason}`;
  return { ...decided, present: canStandAside(policy.settings), weight: 0, reason };
}

/** In the table only while it serves. */
export function sorryDecision({ key, name, weight }: RealServer, { tier }: Serving): ServerDecision {
  const serves = tier === 'sorry';
  const reason = serves ? 'serves as sorry server' : 'sorry server: stands by';
  return { server: key, name, present: serves, weight: serves ? weight : 0, reason };
}

function backupReason({ state, reason }: Standing): string {
  return state === 'well' ? 'backup: stands by' : `backup: ${reason}`;
}

/** Backups are in the table only while they serve. */
function mayStand({ backup }: RealServer, { tier }: Serving): boolean {
  return backup === undefined || tier === 'backup';
}

function primariesServe({ tier }: Serving): boolean {
  return tier === 'primaries' || tier === 'panic' || tier === 'below-quorum';
}

/**
 * A healthy server whose turn it is not keeps its connections with weight 0. Hashing schedulers without a fallback go on
 * to choose a server of weight 0 and then turn the client away, so with them it has to leave.
 */
function canStandAside({ scheduler, schedulerFlags }: ServiceSettings): boolean {
  switch (scheduler) {
    case 'dh':
      return false;
    case 'sh':
      return schedulerFlags.includes('sh-fallback');
    case 'mh':
      return schedulerFlags.includes('mh-fallback');
    default:
      return true;
  }
}
