/** Draws the one picture of the director that every face reads. Pure. */
import type { ObservedServer, ObservedService, ObservedTable, ServerCounters } from '../dataplane/types.js';
import type { AgentReport } from '../model/agent.js';
import type { DrainOrder, MaintenanceOrder } from '../model/drain.js';
import type { DesiredService, DesiredState, ServerDecision } from '../model/desired-state.js';
import type { ServiceKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type {
  PlanSummary,
  SeenRoleStatus,
  ServerStatus,
  ServiceStatus,
  ServingStatus,
  Snapshot,
} from '../model/snapshot.js';
import type { RoleReport } from '../model/role.js';
import type { Serving } from '../model/serving.js';
import type { Verdict } from '../model/status.js';
import type { VirtualService } from '../model/virtual-service.js';
import type { ServerFacts, WeightOverride } from './desired.js';
import type { UnrepairedDrift } from './drift-watch.js';
import { drainStatus, formatDeadline, leaverStatus } from './drain.js';
import type { Leaver, Leaving } from './leaving.js';
import { formatServiceAddress } from '../model/format-address.js';
import type { Failure } from './retry-book.js';
import { computeHealth } from './service-health.js';

/** What the controller does not know itself; the daemon tells it. */
export interface SnapshotFrame {
  readonly director: Snapshot['director'];
  readonly dataplane: Pick<Snapshot['dataplane'], 'kind' | 'reason'>;
  readonly config: Snapshot['config'];
  readonly ha?: NonNullable<Snapshot['ha']>;
}

export interface SnapshotInputs {
  readonly frame: SnapshotFrame;
  readonly revision: number;
  readonly ready: Snapshot['ready'];
  /** In the order of the file. */
  readonly services: ReadonlyMap<ServiceKey, VirtualService>;
  readonly desired: DesiredState;
  readonly observed: ObservedTable;
  readonly verdicts: ServerFacts<Verdict>;
  readonly overrides: ServerFacts<WeightOverride>;
  readonly drains: ServerFacts<DrainOrder>;
  readonly maintenance: ServerFacts<MaintenanceOrder>;
  /** Default: none is asked. */
  readonly agents?: ServerFacts<AgentReport>;
  readonly leaving: Leaving;
  readonly failures: ReadonlyMap<ServiceKey, Failure>;
  readonly drift: ReadonlyMap<ServiceKey, UnrepairedDrift>;
  readonly lastPlan: PlanSummary | null;
}

type Decided = Pick<ServerDecision, 'reason' | 'panic' | 'present' | 'weight' | 'slowStart'>;

const MOST_ERRORS = 10;
const NO_TRAFFIC: ServerCounters = { connections: 0, bytesIn: 0, bytesOut: 0, refused: 0 };
const NOT_PLANNED: Decided = { reason: 'not planned yet', present: false, weight: 0 };

/** Computes the snapshot. The answer shares nothing that changes later. */
export function buildSnapshot(inputs: SnapshotInputs): Snapshot {
  const { frame, revision, ready, lastPlan } = inputs;
  const services = [...inputs.services.values()].map((service) => serviceStatus(service, inputs));
  const connections = services.reduce((sum, service) => sum + liveClients(service), 0);
  const dataplane = { ...frame.dataplane, connections };
  const { director, config, ha } = frame;
  const ofHa = ha === undefined ? {} : { ha };
  return { revision, director, dataplane, config, ready, ...ofHa, services, lastPlan };
}

/** TCP's inactive connections have ended already; UDP's sessions are never active and count while they are kept. */
function liveClients({ protocol, servers }: ServiceStatus): number {
  return servers.reduce(
    (sum, server) => sum + server.activeConnections + (protocol === 'udp' ? server.inactiveConnections : 0),
    0,
  );
}

function serviceStatus(service: VirtualService, inputs: SnapshotInputs): ServiceStatus {
  const { key, name, address, settings, forwarding } = service;
  const desired = inputs.desired.get(key);
  const observed = inputs.observed.get(key);
  const errors = shortErrors(inputs.failures.get(key), observed?.faults ?? []);
  const drift = inputs.drift.get(key);
  const { connections, bytesIn, bytesOut, packetsIn, packetsOut, refused, retries } = observed?.counters ?? {
    ...NO_TRAFFIC,
    retries: 0,
  };
  return {
    name,
    key,
    protocol: address.protocol,
    address: formatServiceAddress(address),
    scheduler: settings.scheduler,
    schedulerFlags: settings.schedulerFlags,
    forwarding,
    persistenceSec: settings.persistence?.timeoutSec ?? null,
    ...computeHealth({ service, desired, observed, errors, drift }),
    serving: desired === undefined ? null : servingStatus(desired.serving),
    servedAsNat: desired?.servedAsNat ?? null,
    errors,
    connections,
    bytesIn,
    bytesOut,
    packetsIn: packetsIn ?? null,
    packetsOut: packetsOut ?? null,
    rates: observed?.rates ?? null,
    refused,
    retries,
    servers: [
      ...service.servers.map((server, index) =>
        configuredStatus(server, service, desired?.decisions[index], observed, inputs),
      ),
      ...sorryStatus(service, desired, observed, inputs),
      ...extraStatuses(service, observed, inputs),
    ],
  };
}

function servingStatus({ tier, reason, healthyWeight, quorum, quorate }: Serving): ServingStatus {
  return { tier, reason, healthyWeight, quorum, quorate };
}

/** A row of its own, unless it is one of the service's servers, too. */
function sorryStatus(
  service: VirtualService,
  desired: DesiredService | undefined,
  observed: ObservedService | undefined,
  inputs: SnapshotInputs,
): readonly ServerStatus[] {
  const sorry = service.sorryServer;
  if (sorry === null || service.servers.some(({ key }) => key === sorry.key)) return [];
  const decision = desired?.decisions.find(({ server }) => server === sorry.key);
  const status = configuredStatus(sorry, service, decision, observed, inputs);
  return [{ ...status, role: 'sorry', verdictReason: 'never checked' }];
}

function shortErrors(failure: Failure | undefined, faults: readonly string[]): readonly string[] {
  const errors = [...(failure?.errors.map((error) => error.message) ?? []), ...faults];
  if (errors.length <= MOST_ERRORS) return errors;
  return [...errors.slice(0, MOST_ERRORS), `and ${errors.length - MOST_ERRORS} more`];
}

function configuredStatus(
  server: RealServer,
  service: VirtualService,
  planned: ServerDecision | undefined,
  observed: ObservedService | undefined,
  inputs: SnapshotInputs,
): ServerStatus {
  const entry = observed?.servers.get(server.key);
  const decision: Decided = planned?.server === server.key ? planned : NOT_PLANNED;
  const verdict = inputs.verdicts.get(service.key)?.get(server.key);
  const order = inputs.drains.get(service.key)?.get(server.key);
  return {
    name: server.name,
    key: server.key,
    role: server.backup === undefined ? 'server' : 'backup',
    panic: decision.panic === true,
    forwarding: entry?.forwarding ?? server.forwarding,
    configuredWeight: server.weight,
    effectiveWeight: decision.present ? decision.weight : null,
    load: verdict?.load ?? null,
    agent: inputs.agents?.get(service.key)?.get(server.key) ?? null,
    slowStart: decision.slowStart ?? null,
    reason: decision.reason,
    ...verdictStatus(verdict, inputs.frame.director.startedAtMs),
    weightOverride: inputs.overrides.get(service.key)?.get(server.key)?.weight ?? null,
    drain: order === undefined ? null : drainStatus(order),
    maintenance: inputs.maintenance.get(service.key)?.get(server.key) ?? null,
    ...traffic(entry, observed?.removed?.get(server.key)),
  };
}

/** Servers that are in the table though the file does not know them, and removed ones with connections left. */
function extraStatuses(
  service: VirtualService,
  observed: ObservedService | undefined,
  { frame, leaving }: SnapshotInputs,
): readonly ServerStatus[] {
  if (observed === undefined) return [];
  const configured = new Set(service.servers.map((server) => server.key));
  if (service.sorryServer !== null) configured.add(service.sorryServer.key);
  const extra = (entry: ObservedServer, reason: string, counted: Traffic, leaver?: Leaver): ServerStatus => ({
    name: leaver?.name ?? entry.name,
    key: entry.key,
    role: 'server',
    panic: false,
    forwarding: entry.forwarding,
    configuredWeight: 0,
    effectiveWeight: null,
    load: null,
    agent: null,
    slowStart: null,
    reason,
    ...verdictStatus(undefined, frame.director.startedAtMs),
    weightOverride: null,
    drain: leaver === undefined ? null : leaverStatus(leaver),
    maintenance: null,
    ...counted,
  });
  const present = [...observed.servers.values()].filter((entry) => !configured.has(entry.key));
  const removed = [...(observed.removed?.values() ?? [])].filter(
    (entry) => !configured.has(entry.key) && !observed.servers.has(entry.key) && hasClients(service, entry),
  );
  return [
    ...present.map((entry) => {
      const leaver = leaving.get(service.key)?.get(entry.key);
      const until = leaver === undefined ? '' : `: draining ${formatDeadline(leaver.deadlineMs)}`;
      return extra(entry, `not in the file${until}`, traffic(entry), leaver);
    }),
    ...removed.map((entry) => extra(entry, 'removed, its connections live on', traffic(undefined, entry))),
  ];
}

function hasClients({ address }: VirtualService, entry: ObservedServer): boolean {
  return entry.activeConnections > 0 || (address.protocol === 'udp' && entry.inactiveConnections > 0);
}

type VerdictStatus = Pick<
  ServerStatus,
  'verdict' | 'verdictReason' | 'verdictSinceMs' | 'checkedAtMs' | 'seenRole'
>;

function verdictStatus(verdict: Verdict | undefined, startedAtMs: number): VerdictStatus {
  return {
    verdict: verdict?.state ?? 'unknown',
    verdictReason: verdict?.reason ?? 'not checked yet',
    verdictSinceMs: verdict?.sinceMs ?? startedAtMs,
    checkedAtMs: verdict?.checkedAtMs ?? null,
    ...(verdict?.role === undefined ? {} : { seenRole: seenRoleStatus(verdict.role) }),
  };
}

function seenRoleStatus({ name, term, sinceMs, confirmed }: RoleReport): SeenRoleStatus {
  return { name, term, sinceMs, confirmed };
}

type Traffic = Pick<
  ServerStatus,
  | 'weight'
  | 'activeConnections'
  | 'inactiveConnections'
  | 'stickyClients'
  | 'overloaded'
  | 'connections'
  | 'bytesIn'
  | 'bytesOut'
  | 'packetsIn'
  | 'packetsOut'
  | 'rates'
  | 'refused'
>;

/** What was counted on an entry of the table, or on one that was removed and is still remembered. */
function traffic(entry: ObservedServer | undefined, removed?: ObservedServer): Traffic {
  const counted = entry ?? removed;
  const { connections, bytesIn, bytesOut, packetsIn, packetsOut, refused } = counted?.counters ?? NO_TRAFFIC;
  return {
    weight: entry?.weight ?? null,
    activeConnections: counted?.activeConnections ?? 0,
    inactiveConnections: counted?.inactiveConnections ?? 0,
    stickyClients: counted?.persistentConnections ?? null,
    overloaded: entry?.overloaded ?? null,
    connections,
    bytesIn,
    bytesOut,
    packetsIn: packetsIn ?? null,
    packetsOut: packetsOut ?? null,
    rates: counted?.rates ?? null,
    refused,
  };
}
