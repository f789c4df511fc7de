/**
 * Turns a snapshot into text. A generator of small pieces, since ten thousand servers make ten megabytes: whoever
 * pulls decides when the loop may turn.
 */
import type { ServerStatus, ServiceStatus, Snapshot } from '../model/snapshot.js';
import type { ContinuousTotals } from './continuous-totals.js';
import { DIRECTOR_FAMILIES, SERVER_FAMILIES, SERVICE_FAMILIES, type SubjectFamily } from './families.js';
import { formatHeader, formatLabels, formatSample } from './text-format.js';

/** A service or server with what is needed to write its samples. */
interface Row<Subject> {
  readonly subject: Subject;
  readonly labels: string;
  /** Of the counter families, in their order. */
  readonly totals: readonly number[];
}

/**
 * All families of the snapshot, a sample or a header a piece; pieces may be empty.
 *
 * @param round of `totals`, begun for this snapshot and ended here
 */
export function* exposeSnapshot(
  snapshot: Snapshot,
  totals: ContinuousTotals,
  round: number,
): Generator<string, void> {
  yield* exposeDirector(snapshot);
  const services: Row<ServiceStatus>[] = [];
  const servers: Row<ServerStatus>[] = [];
  for (const service of snapshot.services) {
    services.push(rowOf(service, SERVICE_FAMILIES, { service: service.name }, totals, round));
    for (const server of uniquelyNamed(service.servers)) {
      const labels = { service: service.name, server: server.name };
      // Out of the table and forgotten by the plane it has no counters: its zeros say nothing.
      const counted = server.weight !== null || server.connections > 0;
      servers.push(rowOf(server, SERVER_FAMILIES, labels, totals, round, counted));
      yield '';
    }
  }
  totals.end(round);
  yield* exposeFamilies(SERVICE_FAMILIES, services);
  yield* exposeFamilies(SERVER_FAMILIES, servers);
}

function* exposeDirector(snapshot: Snapshot): Generator<string, void> {
  for (const family of DIRECTOR_FAMILIES) {
    yield formatHeader(family);
    for (const { labels, value } of family.read(snapshot))
      yield formatSample(family.name, formatLabels(labels), value);
  }
}

function rowOf<Subject>(
  subject: Subject,
  families: readonly SubjectFamily<Subject>[],
  names: Readonly<Record<string, string>>,
  totals: ContinuousTotals,
  round: number,
  counted = true,
): Row<Subject> {
  const labels = formatLabels(names);
  const held = counted ? null : totals.hold(round, labels);
  if (held !== null) return { subject, labels, totals: held };
  const raw = families.filter(isCounter).map((family) => family.read(subject) ?? 0);
  return { subject, labels, totals: totals.advance(round, labels, raw) };
}

function* exposeFamilies<Subject>(
  families: readonly SubjectFamily<Subject>[],
  rows: readonly Row<Subject>[],
): Generator<string, void> {
  let counters = 0;
  for (const family of families) {
    yield formatHeader(family);
    const index = isCounter(family) ? counters++ : null;
    for (const { subject, labels, totals } of rows) {
      const value = index === null ? family.read(subject) : totalOf(family, subject, totals[index] ?? 0);
      if (value !== null) yield formatSample(family.name, labels, value);
    }
  }
}

/** A counter that cannot be read at the moment keeps the total that it has reached, if it ever was read. */
function totalOf<Subject>(family: SubjectFamily<Subject>, subject: Subject, total: number): number | null {
  return total === 0 && family.read(subject) === null ? null : total;
}

function isCounter({ type }: { readonly type: string }): boolean {
  return type === 'counter';
}

/**
 * A server that is in the table but no longer in the file may have the name of its successor. One series twice would
 * make Prometheus refuse the whole answer: the first, which is the configured one, counts.
 */
function* uniquelyNamed(servers: readonly ServerStatus[]): Generator<ServerStatus, void> {
  const seen = new Set<string>();
  for (const server of servers) {
    if (seen.has(server.name)) continue;
    seen.add(server.name);
    yield server;
  }
}
