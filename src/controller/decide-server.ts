/** What becomes of each server, once it is known who serves. Pure. */
import type { ServerDecision } from '../model/desired-state.js';
import { canStandAside } from '../model/hash-fallback.js';
import type { ServerKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type { Serving } from '../model/serving.js';
import type { VirtualService } from '../model/virtual-service.js';
import type { Standing } from './judge-server.js';

type Policy = Pick<VirtualService, 'settings' | 'sorryServer'>;

/** Never throws. @param panic those that the panic threshold keeps in: `serving.panic` */
export function decideServer(
  standing: Standing,
  policy: Policy,
  serving: Serving,
  panic: ReadonlySet<ServerKey>,
): ServerDecision {
  const { server, weight, quiesced, reason } = standing;
  if (standing.state === 'ordered-out') {
    // A backup, too, when its turn is over meanwhile: a drain cuts nobody off.
    const ordered = decision(server, quiesced, 0, reason);
    return quiesced ? ordered : { ...ordered, drained: true };
  }
  if (serving.tier === 'sorry' && policy.sorryServer?.key === server.key)
    return sorryDecision({ ...policy.sorryServer, name: server.name }, serving);
  if (panic.has(server.key))
    return { ...decision(server, true, weight, `panic: kept in; ${reason}`), panic: true };
  if (!mayStand(server, serving)) return decision(server, false, 0, backupReason(standing));
  if (standing.state !== 'well') {
    const out = decision(server, quiesced, 0, reason);
    return standing.otherRole === true ? { ...out, otherRole: true } : out;
  }
  if (server.backup !== undefined || weight === 0 || primariesServe(serving))
    return decision(server, true, weight, reason);
  return decision(server, canStandAside(policy.settings), 0, `stands aside: ${serving.reason}`);
}

/** Field by field: spreading an object costs V8 a hundred times as much. */
function decision(
  { key, name }: RealServer,
  present: boolean,
  weight: number,
  reason: string,
): ServerDecision {
  return { server: key, name, present, weight, reason };
}

/** In the table only while it serves. */
export function sorryDecision(server: RealServer, { tier }: Serving): ServerDecision {
  return tier === 'sorry'
    ? decision(server, true, server.weight, 'serves as sorry server')
    : decision(server, false, 0, 'sorry server: stands by');
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
