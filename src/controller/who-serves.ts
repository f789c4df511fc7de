/**
 * Who serves a service as a whole. Pure; what it has to know of its last decision is handed in and comes out again.
 *
 *   healthy primaries with quorum ─► primaries in panic ─► backup pool ─► sorry server ─► healthy primaries ─► nobody
 *
 * The first that can, serves. The guard of the panic threshold holds in any case: with quorum, too, the failed servers
 * that it keeps in serve beside the healthy ones.
 */
import type { ServerKey } from '../model/keys.js';
import type { Serving, ServingMemory, ServingTier } from '../model/serving.js';
import type { VirtualService } from '../model/virtual-service.js';
import type { Standing } from './judge-server.js';
import { keepInPanic } from './panic.js';

type Policy = Pick<VirtualService, 'quorum' | 'quorumUp' | 'panicThreshold' | 'backupPool' | 'sorryServer'>;

/**
 * Decides. Never throws.
 *
 * @param standings of all servers of the service, backups included, in the order of the file
 * @param memory of the last decision; undefined before the first
 */
export function whoServes(
  policy: Policy,
  standings: readonly Standing[],
  memory: ServingMemory | undefined,
): Serving {
  const primaries = standings.filter(({ server }) => server.backup === undefined);
  const well = primaries.filter(({ state }) => state === 'well');
  const healthyWeight = well.reduce((sum, { weight }) => sum + weight, 0);
  // Whoever has not lost it yet needs no more than the quorum itself.
  const quorum = memory?.quorate === false ? policy.quorumUp : policy.quorum;
  const quorate = healthyWeight >= quorum;
  const panic = panicOf(policy, primaries, memory);
  const tier = tierOf(policy, standings, { quorate, healthyWeight, panic: panic.kept.size });
  const facts = { healthyWeight, quorum };
  return {
    tier,
    quorate,
    panic: [...panic.kept],
    out: panic.out,
    ...facts,
    reason: reasonOf(tier, policy, facts, panic),
  };
}

interface Panic {
  readonly kept: ReadonlySet<ServerKey>;
  readonly out: readonly ServerKey[];
  readonly healthy: number;
  readonly total: number;
}

/** A server of weight 0 takes no connections, well or not, so it does not count. */
function panicOf(
  { panicThreshold }: Policy,
  primaries: readonly Standing[],
  memory: ServingMemory | undefined,
): Panic {
  if (panicThreshold === 0) return { kept: new Set(), out: [], healthy: 0, total: 0 };
  const counted = primaries.filter(({ state, weight }) => state !== 'ordered-out' && weight > 0);
  const healthy = counted.filter(({ state }) => state === 'well').length;
  const total = counted.length;
  const failed = counted
    .filter(({ state }) => state === 'failed')
    .map(({ server, failedMs }) => ({ key: server.key, failedMs }));
  const kept = keepInPanic({ threshold: panicThreshold, total, healthy, failed, memory });
  // Also who is out for another reason: coming back from that, it is no newly failed one.
  const notWell = primaries.filter(({ state }) => state !== 'well').map(({ server }) => server.key);
  return { kept, out: notWell.filter((key) => !kept.has(key)), healthy, total };
}

interface Found {
  readonly quorate: boolean;
  readonly healthyWeight: number;
  /** Servers kept in. */
  readonly panic: number;
}

function tierOf(
  { sorryServer }: Policy,
  standings: readonly Standing[],
  { quorate, healthyWeight, panic }: Found,
): ServingTier {
  if (panic > 0) return 'panic';
  if (quorate) return 'primaries';
  if (standings.some(isReadyBackup)) return 'backup';
  // A machine that an operator took out is out as the sorry server, too.
  const isOut = ({ server, state }: Standing): boolean =>
    server.key === sorryServer?.key && state === 'ordered-out';
  if (sorryServer !== null && !standings.some(isOut)) return 'sorry';
  return healthyWeight > 0 ? 'below-quorum' : 'nobody';
}

function isReadyBackup({ server, state, weight }: Standing): boolean {
  return server.backup !== undefined && state === 'well' && weight > 0;
}

function reasonOf(
  tier: ServingTier,
  { panicThreshold, backupPool, sorryServer }: Policy,
  { healthyWeight, quorum }: Pick<Serving, 'healthyWeight' | 'quorum'>,
  panic: Panic,
): string {
  const lost = `no quorum (healthy weight ${healthyWeight}, needed ${quorum})`;
  switch (tier) {
    case 'primaries':
      return '';
    case 'panic': {
      const share = `${panic.healthy} of ${panic.total} servers healthy, below ${percent(panicThreshold)}`;
      return `panic: ${share}, ${panic.kept.size} failed kept in`;
    }
    case 'backup':
      return `${lost}: the backup pool ${backupPool ?? ''} serves`;
    case 'sorry': {
      const nobody = backupPool === null ? '' : ` and no server of the backup pool ${backupPool}`;
      return `${lost}${nobody}: the sorry server ${sorryServer?.key ?? ''} serves`;
    }
    case 'below-quorum':
      return `${lost}, and nobody else: the healthy servers serve all the same`;
    case 'nobody':
      return 'no server is healthy: nobody serves';
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(4))}%`;
}
