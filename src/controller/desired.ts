/** What ought to be in the table: the file, what the checks say and what the operator set, folded into one. Pure. */
import type { Dataplane } from '../dataplane/types.js';
import type { AgentReport } from '../model/agent.js';
import type { DesiredService, DesiredState, ServerDecision, TableServer } from '../model/desired-state.js';
import type { DrainOrder, MaintenanceOrder } from '../model/drain.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type { Hold, PrimaryHolding, Serving, ServingMemory } from '../model/serving.js';
import type { Verdict } from '../model/status.js';
import type { VirtualService } from '../model/virtual-service.js';
import { roleOfService } from '../model/wanted-role.js';
import { decideServer, sorryDecision } from './decide-server.js';
import type { ServerFacts, WeightOverride } from './facts.js';
import { isUntold } from './first-verdicts.js';
import { judgeServer, type ServiceFacts, type Standing } from './judge-server.js';
import { rulePrimary } from './primary-role.js';
import { unfilledReason } from './unfilled-role.js';
import { weighServer } from './weigh-server.js';
import { whoServes } from './who-serves.js';

export type { ServerFacts, WeightOverride } from './facts.js';

export interface DesiredInputs {
  readonly services: ReadonlyMap<ServiceKey, VirtualService>;
  readonly verdicts: ServerFacts<Verdict>;
  readonly overrides: ServerFacts<WeightOverride>;
  /** Servers that failed and must not serve yet. */
  readonly holds: ServerFacts<Hold>;
  /** Orders that take servers out, whatever the checks say. */
  readonly drains: ServerFacts<DrainOrder>;
  readonly maintenance: ServerFacts<MaintenanceOrder>;
  /** What came of the last decision about a service: `DesiredService.serving`. */
  readonly serving: ReadonlyMap<ServiceKey, ServingMemory>;
  /** What servers' agents say; default: none is asked. */
  readonly agents?: ServerFacts<AgentReport>;
  /** Shares of the weight, 0..1, of servers that have come back; default: none has. */
  readonly slowStarts?: ServerFacts<number>;
  /** The last decisions; default: these are the first. */
  readonly last?: DesiredState;
  /** The director's own plane; a service may still ask for the userspace plane. */
  readonly plane: Dataplane['kind'];
}

/**
 * Computes how the services with these keys ought to stand in the table; a key without a service is left out.
 *
 * The answer for a service depends on that service's inputs alone, so any subset may be computed anew. What it has to
 * remember comes out as `serving` and is handed in the next time.
 * Never throws.
 *
 * @param keys default: every service, in the order of the file
 */
export function computeDesired(
  inputs: DesiredInputs,
  keys: Iterable<ServiceKey> = inputs.services.keys(),
): Map<ServiceKey, DesiredService> {
  const desired = new Map<ServiceKey, DesiredService>();
  for (const key of keys) {
    const service = inputs.services.get(key);
    if (service !== undefined) desired.set(key, desiredService(service, inputs));
  }
  return desired;
}

function desiredService(service: VirtualService, inputs: DesiredInputs): DesiredService {
  const facts = {
    verdicts: inputs.verdicts.get(service.key),
    overrides: inputs.overrides.get(service.key),
    holds: inputs.holds.get(service.key),
    drains: inputs.drains.get(service.key),
    maintenance: inputs.maintenance.get(service.key),
    agents: inputs.agents?.get(service.key),
  };
  const judged = service.servers.map((server) => judgeServer(server, service, facts));
  const memory = inputs.serving.get(service.key);
  const { standings, serving: found } = standingsAndServing(service, judged, facts.verdicts, memory);
  const about = { initial: service.initial, verdicts: facts.verdicts };
  const serving = isUntold(found.tier, memory, judged, about) ? { ...found, untold: true as const } : found;
  const panic = new Set(serving.panic);
  const decided = standings.map((standing) => decideServer(standing, service, serving, panic));
  const decisions = decided.map((decision, index) => {
    const standing = standings[index];
    return standing === undefined ? decision : weighed(decision, standing, service, facts, inputs, index);
  });
  const servedAsNat = natReason(service, inputs.plane);
  const { key, name, address, settings } = service;
  const desired = {
    key,
    name,
    address,
    settings,
    servers: tableServers(service, serving, decisions, servedAsNat !== null),
    decisions: withSorry(service, serving, decisions),
    servedAsNat,
    serving,
    ...(serving.primary === undefined ? {} : { exclusive: true as const }),
  };
  return inputs.plane === 'composite' ? { ...desired, plane: service.plane } : desired;
}

function weighed(
  decision: ServerDecision,
  standing: Standing,
  { key, slowStartMs }: VirtualService,
  { verdicts, overrides, agents }: ServiceFacts,
  { slowStarts, last }: DesiredInputs,
  index: number,
): ServerDecision {
  const { server } = decision;
  const [load, agent] = [verdicts?.get(server)?.load, agents?.get(server)];
  if (slowStartMs === undefined && load === undefined && agent === undefined) return decision;
  const before = last?.get(key)?.decisions;
  const atPlace = before?.[index];
  return weighServer(
    decision,
    standing,
    {
      isOperators: overrides?.has(server) === true,
      load,
      agent,
      slowStart: slowStarts?.get(key)?.get(server),
    },
    {
      decided: before !== undefined,
      server: atPlace?.server === server ? atPlace : before?.find((each) => each.server === server),
    },
    slowStartMs !== undefined,
  );
}

/** A service for a primary has one at most, or it would keep failed ones in. */
function standingsAndServing(
  service: VirtualService,
  judged: readonly Standing[],
  verdicts: ReadonlyMap<ServerKey, Verdict> | undefined,
  memory: ServingMemory | undefined,
): { readonly standings: readonly Standing[]; readonly serving: Serving } {
  const role = roleOfService(service);
  if (role === null) return { standings: judged, serving: whoServes(service, judged, memory) };
  const reasonOf = (serving: Serving): string =>
    serving.tier === 'nobody' ? unfilledReason(role, judged, verdicts) : serving.reason;
  if (role === 'replica') {
    const serving = whoServes(service, judged, memory);
    return { standings: judged, serving: { ...serving, reason: reasonOf(serving) } };
  }
  const { standings, holding, reason } = rulePrimary(judged, verdicts, memory?.primary);
  const serving = whoServes({ ...service, panicThreshold: 0 }, standings, memory);
  const reasons = [reasonOf(serving), reason].filter((each) => each !== '').join('; ');
  const primary = withFormer(holding, memory?.primary);
  return { standings, serving: { ...serving, reason: reasons, primary } };
}

/** Who takes over after a while without anybody takes over from who held before it. */
function withFormer(holding: PrimaryHolding, before: PrimaryHolding | undefined): PrimaryHolding {
  const former = before?.holder ?? before?.former;
  return holding.holder !== null || former === undefined ? holding : { ...holding, former };
}

function tableServers(
  service: VirtualService,
  serving: Serving,
  decisions: readonly ServerDecision[],
  asNat: boolean,
): readonly TableServer[] {
  const servers: TableServer[] = [];
  for (const [index, server] of service.servers.entries()) {
    const decision = decisions[index];
    if (decision?.present === true) servers.push(tableServer(server, decision.weight, asNat));
  }
  const sorry = serving.tier === 'sorry' ? service.sorryServer : null;
  if (sorry !== null && !service.servers.some(({ key }) => key === sorry.key))
    servers.push(tableServer(sorry, sorry.weight, asNat));
  return servers;
}

/** One that is a server of the service, too, has its decision there. */
function withSorry(
  { servers, sorryServer }: VirtualService,
  serving: Serving,
  decisions: readonly ServerDecision[],
): readonly ServerDecision[] {
  if (sorryServer === null || servers.some(({ key }) => key === sorryServer.key)) return decisions;
  return [...decisions, sorryDecision(sorryServer, serving)];
}

function tableServer(server: RealServer, weight: number, asNat: boolean): TableServer {
  // Mostly the very object: a copy of each costs more than all the rest.
  const isPlain = server.backup === undefined && server.weight === weight;
  const effective = isPlain ? server : plainServer(server, weight);
  return asNat && needsKernel(server) ? { ...effective, forwarding: 'nat', tunnel: null } : effective;
}

/** Which pool a server is of is no part of a table. */
function plainServer({ backup: _backup, ...server }: RealServer, weight: number): TableServer {
  return { ...server, weight };
}

/** The userspace plane ends each connection itself, so it can neither route directly nor tunnel. */
function needsKernel(server: RealServer): boolean {
  return server.forwarding === 'dr' || server.forwarding === 'tun';
}

function natReason(service: VirtualService, plane: Dataplane['kind']): string | null {
  const userspace = plane === 'proxy' || service.plane === 'proxy';
  if (!userspace || service.fallback !== 'proxy') return null;
  const sorry = service.sorryServer === null ? [] : [service.sorryServer];
  const servers = [...service.servers, ...sorry];
  const methods = [...new Set(servers.filter(needsKernel).map((server) => server.forwarding))];
  if (methods.length === 0) return null;
  return `forwarding ${methods.join(' and ')} is served as nat by the userspace plane (fallback: proxy)`;
}
