/** The services of probes, for who asks for them expressly. Pure. */
import type { ObservedTable } from '../dataplane/types.js';
import { probeServiceKey } from '../model/probe-service.js';
import type { ProbeStatus } from '../model/snapshot.js';
import type { ProbedServer, ProbeMarks } from './probe-services.js';

/** One for each probed server that has a mark, in the order of the file; those that wait for their turn, too. Never throws. */
export function probeStatuses(
  probed: Iterable<ProbedServer>,
  marks: ProbeMarks | null,
  observed: ObservedTable,
): readonly ProbeStatus[] {
  const found: ProbeStatus[] = [];
  for (const { name, service, server } of probed) {
    const mark = marks?.markOf(name) ?? null;
    if (mark === null) continue;
    const entry = observed.get(probeServiceKey(service.address.family, mark));
    found.push({
      service: service.name,
      server: server.name,
      mark,
      inTable: entry?.servers.has(server.key) === true,
      connections: entry?.counters.connections ?? 0,
    });
  }
  return found;
}
