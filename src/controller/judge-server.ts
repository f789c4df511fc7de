/** How one server stands before its service is looked at as a whole: first the operator, then the checks. Pure. */
import { formatDuration } from '../base/duration.js';
import type { AgentReport } from '../model/agent.js';
import type { DrainOrder, MaintenanceOrder } from '../model/drain.js';
import { canStandAside } from '../model/hash-fallback.js';
import type { ServerKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type { Hold, Recovery } from '../model/serving.js';
import type { Verdict } from '../model/status.js';
import type { VirtualService } from '../model/virtual-service.js';
import { orderReason } from './drain.js';
import type { WeightOverride } from './facts.js';

/** What is known and set about the servers of one service. */
export interface ServiceFacts {
  readonly verdicts: ReadonlyMap<ServerKey, Verdict> | undefined;
  readonly overrides: ReadonlyMap<ServerKey, WeightOverride> | undefined;
  readonly holds: ReadonlyMap<ServerKey, Hold> | undefined;
  readonly drains: ReadonlyMap<ServerKey, DrainOrder> | undefined;
  readonly maintenance: ReadonlyMap<ServerKey, MaintenanceOrder> | undefined;
  /** Default: none is asked. */
  readonly agents?: ReadonlyMap<ServerKey, AgentReport> | undefined;
}

export interface Standing {
  readonly server: RealServer;
  /** That the file or an operator asks for, 0..65535. */
  readonly weight: number;
  /**
   * `well` serves if its turn comes. `failed` does not, by its check or by what it has to wait for since; `unchecked`
   * does not yet. `ordered-out` is an operator's doing: the checks change nothing about it, and it counts nowhere.
   * `set-aside`: it is well, and another one is the primary.
   */
  readonly state: 'well' | 'failed' | 'unchecked' | 'ordered-out' | 'set-aside';
  /** In the table all the same, with weight 0. */
  readonly quiesced: boolean;
  /** Why it is not as configured; empty when it is. */
  readonly reason: string;
  /** When it failed, ms since the epoch; 0 unless it has. */
  readonly failedMs: number;
  /** It is out for its role alone, as it ought to be. */
  readonly otherRole?: true;
}

/** Never throws. */
export function judgeServer(server: RealServer, service: VirtualService, facts: ServiceFacts): Standing {
  const verdict = facts.verdicts?.get(server.key);
  const hold = service.recovery.kind === 'auto' ? undefined : facts.holds?.get(server.key);
  const override = facts.overrides?.get(server.key);
  const weight = override?.weight ?? server.weight;
  const [drain, maintenance] = [facts.drains?.get(server.key), facts.maintenance?.get(server.key)];
  if (drain !== undefined || maintenance !== undefined) {
    const reason = orderReason(drain, maintenance);
    return { server, weight, state: 'ordered-out', quiesced: drain?.end === null, reason, failedMs: 0 };
  }
  const quiesced = service.onFailure === 'quiesce';
  if ((verdict?.countsAs ?? service.initial) === 'down') {
    const wasChecked = verdict !== undefined && verdict.checkedAtMs !== null;
    const failedMs = wasChecked ? (hold?.failedMs ?? verdict.sinceMs) : 0;
    const state = wasChecked ? 'failed' : 'unchecked';
    const standing = { server, weight, state, quiesced, reason: failedReason(verdict), failedMs } as const;
    return verdict?.byRole === true ? { ...standing, otherRole: true } : standing;
  }
  if (hold !== undefined) {
    const { failedMs } = hold;
    return {
      server,
      weight,
      state: 'failed',
      quiesced,
      reason: heldReason(hold, service.recovery),
      failedMs,
    };
  }
  const agent = facts.agents?.get(server.key);
  if (agent !== undefined && agent.wish !== null) return wishesOut(server, weight, service, agent);
  const reason = override === undefined ? '' : `weight ${override.weight} set by ${override.by}`;
  return { server, weight, state: 'well', quiesced: weight === 0, reason, failedMs: 0 };
}

/** As if its check had failed, so that quorum and panic threshold hold for what agents want, too. */
function wishesOut(
  server: RealServer,
  weight: number,
  { onFailure, settings }: VirtualService,
  { wish, wishedMs, reason }: AgentReport,
): Standing {
  const quiesced = wish === 'drain' ? canStandAside(settings) : wish === 'down' && onFailure === 'quiesce';
  return {
    server,
    weight,
    state: 'failed',
    quiesced,
    reason: `agent: ${wish ?? ''}: ${reason}`,
    failedMs: wishedMs,
  };
}

function failedReason(verdict: Verdict | undefined): string {
  if (verdict === undefined) return 'not checked yet (initial: down)';
  if (verdict.byRole === true) return verdict.reason;
  return verdict.state === 'down' ? `check failed: ${verdict.reason}` : `counts as down: ${verdict.reason}`;
}

/** `held: recovered at 2026-11-21T20:05:00Z, waits for ...` */
export function heldReason({ recoveredMs, untilMs }: Hold, recovery: Recovery): string {
  // Known from before a restart, and not examined since.
  if (recoveredMs === null && recovery.kind === 'delayed')
    return `held: after a failure, until it has been well for ${formatDuration(recovery.delayMs)}`;
  const since = recoveredMs === null ? 'after a failure' : `recovered at ${timeOf(recoveredMs)}`;
  return `held: ${since}, waits for ${untilMs === null ? 'an operator (lvsd undrain)' : timeOf(untilMs)}`;
}

function timeOf(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
