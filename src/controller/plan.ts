/** The difference between desired and observed as an ordered list of typed steps. Pure: it can be printed and refused. */
import type { ObservedServer, ObservedService, ObservedTable, Step } from '../dataplane/types.js';
import type { DesiredService, DesiredState, TableServer, TableService } from '../model/desired-state.js';
import { canStandAside } from '../model/hash-fallback.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import { serverChanges, serviceChanges } from './field-changes.js';
import type { Leaver, Leaving } from './leaving.js';

export interface PlanInputs {
  readonly desired: DesiredState;
  readonly observed: ObservedTable;
  /** Services that are ours, with the names they were known by: those that may be deleted. */
  readonly owned: ReadonlyMap<ServiceKey, string>;
  /** What happens to services that are neither desired nor ours. */
  readonly unmanaged: 'keep' | 'remove';
  /** Servers of our services that are not in the file: drained, and deleted when that has ended. */
  readonly leaving: Leaving;
}

/**
 * Computes the steps that bring these services from observed to desired, in the order in which they must run:
 * by phase, then in the order of `keys`.
 *
 * Everything that can be edited in place is; an entry is never deleted and added again. Within a phase of a
 * service, servers are added before others are edited, so that no edit leaves the service without capacity.
 * Nothing to do is an empty list.
 *
 * @param keys default: every service, desired ones first
 */
export function computePlan(
  inputs: PlanInputs,
  keys: Iterable<ServiceKey> = allKeys(inputs),
): readonly Step[] {
  const phases: Record<Step['phase'], Step[]> = { 1: [], 2: [], 3: [], 4: [] };
  for (const key of keys) {
    for (const step of serviceSteps(key, inputs)) phases[step.phase].push(step);
  }
  return [...phases[1], ...phases[2], ...phases[3], ...phases[4]];
}

/** Every key of either side, desired ones first, each once. */
export function allKeys({ desired, observed }: Pick<PlanInputs, 'desired' | 'observed'>): Set<ServiceKey> {
  return new Set([...desired.keys(), ...observed.keys()]);
}

/** Connections that a server's table entry holds, whatever their state. */
export function liveConnections(server: ObservedServer): number {
  return server.activeConnections + server.inactiveConnections;
}

/** The same steps with the live connections of another, newer look at the table; an entry that is gone has none. */
export function recountSteps(steps: readonly Step[], observed: ObservedTable): readonly Step[] {
  return steps.map((step) => {
    if (!('liveConnections' in step)) return step;
    const service = observed.get(step.service.key);
    if (step.kind === 'delete-service') return { ...step, liveConnections: connectionsOf(service) };
    const server = service?.servers.get(step.server.key);
    return { ...step, liveConnections: server === undefined ? 0 : liveConnections(server) };
  });
}

function serviceSteps(key: ServiceKey, inputs: PlanInputs): readonly Step[] {
  const desired = inputs.desired.get(key);
  const observed = inputs.observed.get(key);
  if (desired === undefined) return observed === undefined ? [] : removalSteps(observed, inputs);
  const service = tableService(desired);
  if (observed === undefined) return creationSteps(service, desired);
  if (changesPlane(service, observed) || changesFamily(service, observed))
    return moveSteps(service, desired, observed);
  const extra = extraServerSteps(service, desired, observed, inputs.leaving.get(key));
  const edits = editServerSteps(service, desired, observed);
  if (desired.exclusive === true) return exclusiveSteps(service, desired, observed, [...extra, ...edits]);
  const [first, last] = splitDeletions(extra, desired, observed);
  return [
    ...first,
    ...editServiceSteps(service, observed),
    ...addServerSteps(service, desired, observed),
    ...edits,
    ...last,
  ];
}

/** Who stops goes first, and nobody comes before that is done: two that take writes at one time are worse than none. */
function exclusiveSteps(
  service: TableService,
  desired: DesiredService,
  observed: ObservedService,
  changes: readonly Step[],
): readonly Step[] {
  const first: Step[] = [];
  const others: Step[] = [];
  for (const step of changes) {
    const stops = step.kind === 'delete-server' || (step.kind === 'edit-server' && step.phase === 3);
    if (stops) first.push({ ...step, phase: 1 });
    else others.push(step);
  }
  return [
    ...first,
    ...editServiceSteps(service, observed),
    ...addServerSteps(service, desired, observed),
    ...others,
  ];
}

/**
 * Where weight 0 turns clients away, what has it leaves before the scheduler comes: it carries no new connection in any
 * case.
 */
function splitDeletions(
  steps: readonly Step[],
  { settings }: DesiredService,
  observed: ObservedService,
): readonly [readonly Step[], readonly Step[]] {
  if (canStandAside(settings)) return [[], steps];
  const first: Step[] = [];
  const last: Step[] = [];
  for (const step of steps) {
    const isIdle = step.kind === 'delete-server' && observed.servers.get(step.server.key)?.weight === 0;
    if (isIdle) first.push({ ...step, phase: 1 });
    else last.push(step);
  }
  return [first, last];
}

function removalSteps(observed: ObservedService, { owned, unmanaged }: PlanInputs): readonly Step[] {
  const name = owned.get(observed.key);
  if (name === undefined && unmanaged === 'keep') return [];
  const service = { ...tableService(observed), name: name ?? observed.name };
  return [{ kind: 'delete-service', phase: 4, service, liveConnections: connectionsOf(observed) }];
}

/** A table that says no planes has one only. */
function changesPlane(service: TableService, observed: ObservedService): boolean {
  return service.plane !== observed.plane && service.plane !== undefined && observed.plane !== undefined;
}

/** A `match` service is known by its name; with addresses of the other family it is another one to the kernel. */
function changesFamily(service: TableService, observed: ObservedService): boolean {
  return service.address.kind === 'match' && service.address.family !== observed.address.family;
}

/**
 * Off one plane before on the other: two planes must not serve one address. What the first one carries ends, so a
 * file that asks for it needs `--force` (plane-moves.ts).
 */
function moveSteps(
  service: TableService,
  desired: DesiredService,
  observed: ObservedService,
): readonly Step[] {
  const left = { ...tableService(observed), name: service.name };
  const liveConnections = connectionsOf(observed);
  return [
    { kind: 'delete-service', phase: 1, service: left, liveConnections },
    ...creationSteps(service, desired),
  ];
}

function connectionsOf(service: ObservedService | undefined): number {
  let connections = 0;
  for (const server of service?.servers.values() ?? []) connections += liveConnections(server);
  return connections;
}

function creationSteps(service: TableService, { servers }: DesiredService): readonly Step[] {
  const additions = servers.map((server): Step => ({ kind: 'add-server', phase: 2, service, server }));
  return [{ kind: 'create-service', phase: 1, service }, ...additions];
}

function editServiceSteps(service: TableService, observed: ObservedService): readonly Step[] {
  const changes = serviceChanges(service, observed);
  return changes.length === 0 ? [] : [{ kind: 'edit-service', phase: 1, service, changes }];
}

function addServerSteps(
  service: TableService,
  { servers }: DesiredService,
  observed: ObservedService,
): readonly Step[] {
  return servers
    .filter((server) => !observed.servers.has(server.key))
    .map((server) => ({ kind: 'add-server', phase: 2, service, server }));
}

function editServerSteps(
  service: TableService,
  { servers }: DesiredService,
  observed: ObservedService,
): readonly Step[] {
  const steps: Step[] = [];
  for (const server of servers) {
    const entry = observed.servers.get(server.key);
    if (entry === undefined) continue;
    const changes = serverChanges(server, entry);
    if (changes.length === 0) continue;
    steps.push({
      kind: 'edit-server',
      // Who takes no more connections goes on until those that are to take them are there.
      phase: server.weight === 0 && entry.weight > 0 ? 3 : 2,
      service,
      server,
      changes,
      liveConnections: liveConnections(entry),
    });
  }
  return steps;
}

/** Servers that are in the table and ought not to be: those that leave drain first, others are deleted. */
function extraServerSteps(
  service: TableService,
  desired: DesiredService,
  observed: ObservedService,
  leaving: ReadonlyMap<ServerKey, Leaver> | undefined,
): readonly Step[] {
  if (observed.servers.size === 0) return [];
  const wanted = new Set(desired.servers.map((server) => server.key));
  const extra = [...observed.servers.values()].filter(({ key }) => !wanted.has(key));
  if (extra.length === 0) return [];
  const decisions = new Map(desired.decisions.map((decision) => [decision.server, decision]));
  const steps: Step[] = [];
  for (const entry of extra) {
    const leaver = leaving?.get(entry.key);
    if (leaver === undefined || leaver.ended || mustGo(leaver, desired)) {
      const decision = decisions.get(entry.key);
      const name = leaver?.name ?? decision?.name ?? null;
      const isOver = leaver?.ended === true || decision?.drained === true;
      steps.push(deleteStep(service, entry, name, isOver || desired.exclusive === true));
    } else if (entry.weight !== 0) steps.push(drainStep(service, entry, leaver));
  }
  return steps;
}

/**
 * The file took it out, and its service has got a scheduler since that would turn its clients away while it drains. Or
 * another one has its place, and what it carries might write beside that.
 */
function mustGo({ origin }: Leaver, { settings, exclusive, servers }: DesiredService): boolean {
  if (exclusive === true && servers.some(({ weight }) => weight > 0)) return true;
  return origin === 'file' && !canStandAside(settings);
}

/**
 * Quiesced first, also when idle, for a client may come between the look and the step. Whether it may be deleted is not
 * seen here: counts from before it was quiesced say nothing. Quiesced with the deletions: until the servers of the file
 * are in, it may be all that serves.
 */
function drainStep(service: TableService, entry: ObservedServer, { name, deadlineMs }: Leaver): Step {
  const changes = [{ field: 'weight', from: String(entry.weight), to: '0' }];
  const server = { ...tableServer(entry), name, weight: 0 };
  const step = { service, server, changes, liveConnections: liveConnections(entry) } as const;
  return { kind: 'edit-server', phase: 3, ...step, drain: { deadlineMs } };
}

/** @param ends it was given time, or what it carries might write beside another one: no connection may live on */
function deleteStep(service: TableService, entry: ObservedServer, name: string | null, ends: boolean): Step {
  const server = { ...tableServer(entry), name: name ?? entry.name };
  const step = { service, server, liveConnections: liveConnections(entry) } as const;
  return { kind: 'delete-server', phase: 3, ...step, ...(ends ? { endsConnections: true } : {}) };
}

function tableService({ key, name, address, settings, plane }: TableService): TableService {
  const service = { key, name, address, settings };
  return plane === undefined ? service : { ...service, plane };
}

/** The entry without its counters, which are no part of a step. */
function tableServer(entry: ObservedServer): TableServer {
  const { activeConnections: _active, inactiveConnections: _inactive, ...rest } = entry;
  const { overloaded: _overloaded, persistentConnections: _sticky, counters: _counters, ...server } = rest;
  return server;
}
