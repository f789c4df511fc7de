/**
 * What a director has to know after a reload, worked out from the two files alone and as slowly as it takes: every service is
 * looked at, and whether it is another one is asked of its text. Shares no code with what it judges.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ServerKey, ServiceKey } from '../../src/model/keys.js';
import type { VirtualService } from '../../src/model/virtual-service.js';

/** Kinds of facts about single servers. */
export const FACTS = ['verdicts', 'overrides', 'drains', 'maintenance', 'holds', 'agents', 'begins'] as const;

export type FactKind = (typeof FACTS)[number];

type Facts = Map<string, unknown>;

interface Leave {
  readonly sinceMs: number;
  readonly deadlineMs: number;
}

/** One fact of each kind at most about a server of a service. */
export class ReferenceMemory {
  services: readonly VirtualService[] = [];
  readonly facts = new Map<FactKind, Facts>(FACTS.map((kind) => [kind, new Map()]));
  /** Last decisions, by service. */
  decisions = new Map<string, unknown>();
  /** Names of what is owned. */
  owned = new Map<string, string>();
  /** Owned on a plane that ends with the process. */
  passing = new Set<string>();
  /** Servers that have left; what becomes of them in the table is not followed. */
  leaving = new Map<string, Leave>();

  set(kind: FactKind, service: ServiceKey, server: ServerKey, fact: unknown): void {
    this.facts.get(kind)?.set(at(service, server), structuredClone(fact));
  }

  drop(kind: FactKind, service: ServiceKey, server: ServerKey): void {
    this.facts.get(kind)?.delete(at(service, server));
  }

  get(kind: FactKind, service: ServiceKey, server: ServerKey): unknown {
    return this.facts.get(kind)?.get(at(service, server));
  }

  /** Keys of the services that mean something else than before, came or went. */
  reload(after: readonly VirtualService[], wallMs: number): Set<string> {
    const before = this.services;
    const sources = new Map(
      after.map((service) => [service.key as string, sourceOf(service, before, after)]),
    );
    this.#leave(before, after, wallMs);
    for (const [kind, facts] of this.facts)
      this.facts.set(kind, carried(kind, facts, after, sources, wallMs));
    this.#holdFailed(after, sources);
    this.#maintain(after);
    this.decisions = new Map(
      after.flatMap(({ key }) => {
        const decision = this.decisions.get(sources.get(key)?.key ?? '');
        return decision === undefined ? [] : [[key, decision] as const];
      }),
    );
    for (const { key, name, plane } of after) {
      this.owned.set(key, name);
      if (plane === 'proxy') this.passing.add(key);
      else this.passing.delete(key);
    }
    this.services = after;
    return differing(before, after);
  }

  /** The entry of a service that is not in the file has gone from the table. */
  disown(key: ServiceKey): void {
    this.owned.delete(key);
    this.passing.delete(key);
  }

  #leave(before: readonly VirtualService[], after: readonly VirtualService[], wallMs: number): void {
    for (const service of after) {
      const old = before.find(({ key }) => key === service.key);
      for (const server of old?.servers ?? []) {
        const place = at(service.key, server.key);
        if (service.servers.some(({ key }) => key === server.key) || this.leaving.has(place)) continue;
        const order = this.get('drains', service.key, server.key) as (Leave & { end: unknown }) | undefined;
        if (order?.end === null)
          this.leaving.set(place, { sinceMs: order.sinceMs, deadlineMs: order.deadlineMs });
        else if (order === undefined && service.drain.timeoutMs > 0 && service.settings.scheduler !== 'sh')
          this.leaving.set(place, { sinceMs: wallMs, deadlineMs: wallMs + service.drain.timeoutMs });
      }
    }
  }

  /** A server in maintenance that is back before it is empty goes on draining. */
  #maintain(after: readonly VirtualService[]): void {
    for (const { key, servers } of after)
      for (const { key: server } of servers) {
        const order = this.get('maintenance', key, server) as { by: string } | undefined;
        const leave = this.leaving.get(at(key, server));
        if (order === undefined || leave === undefined || this.get('drains', key, server) !== undefined)
          continue;
        this.set('drains', key, server, { by: order.by, ...leave, purpose: 'maintenance', end: null });
      }
  }

  /** Where servers are held from now on and were not, those that are down are. */
  #holdFailed(
    after: readonly VirtualService[],
    sources: ReadonlyMap<string, VirtualService | undefined>,
  ): void {
    for (const service of after) {
      if (service.recovery.kind === 'auto' || sources.get(service.key)?.recovery.kind !== 'auto') continue;
      for (const { key } of service.servers) {
        const verdict = this.get('verdicts', service.key, key) as { countsAs: string } | undefined;
        if (verdict?.countsAs === 'down') this.set('holds', service.key, key, { recoveredMs: null });
      }
    }
  }
}

export function at(service: string, server: string): string {
  return `${service} ${server}`;
}

/** The service of before that this one is: of its key, else of its name, unless that one goes on under its key itself. */
function sourceOf(
  { key, name }: VirtualService,
  before: readonly VirtualService[],
  after: readonly VirtualService[],
): VirtualService | undefined {
  return (
    before.find((old) => old.key === key) ??
    before.find((old) => old.name === name && !after.some((other) => other.key === old.key))
  );
}

function carried(
  kind: FactKind,
  facts: Facts,
  after: readonly VirtualService[],
  sources: ReadonlyMap<string, VirtualService | undefined>,
  wallMs: number,
): Facts {
  // An order about a server that is not in the file stays where it was given.
  const kept: Facts = new Map(kind === 'maintenance' ? facts : []);
  const moved = new Map<string, unknown>();
  for (const service of after) {
    const source = sources.get(service.key);
    if (source === undefined) continue;
    for (const [place, fact] of facts) {
      const [from, server = ''] = place.split(' ');
      if (from !== source.key) continue;
      if (source.key !== service.key) kept.delete(place);
      if (kind !== 'maintenance' && !service.servers.some(({ key }) => key === server)) continue;
      const next = carriedFact(kind, fact, service, source.key !== service.key, wallMs);
      if (next !== null) moved.set(at(service.key, server), next);
    }
  }
  return new Map([...kept, ...moved]);
}

/** null: it is not carried over. */
function carriedFact(
  kind: FactKind,
  fact: unknown,
  { checks, recovery, agent, slowStartMs }: VirtualService,
  moved: boolean,
  wallMs: number,
): unknown {
  switch (kind) {
    case 'verdicts':
      return moved && checks.length === 0 ? null : fact;
    case 'holds':
      if (recovery.kind === 'auto') return null;
      // Nobody will ever say that it is well again.
      return moved && checks.length === 0 ? { recoveredMs: recoveredOf(fact) ?? wallMs } : fact;
    case 'agents':
      return agent === undefined ? null : fact;
    case 'begins':
      return slowStartMs === undefined || wallMs - (fact as number) >= slowStartMs ? null : fact;
    default:
      return fact;
  }
}

export function recoveredOf(hold: unknown): number | null {
  return (hold as { recoveredMs: number | null }).recoveredMs;
}

function differing(before: readonly VirtualService[], after: readonly VirtualService[]): Set<string> {
  const keys = new Set([...before, ...after].map(({ key }) => key));
  const find = (list: readonly VirtualService[], key: string) => list.find((each) => each.key === key);
  return new Set([...keys].filter((key) => !isDeepStrictEqual(find(before, key), find(after, key))));
}
