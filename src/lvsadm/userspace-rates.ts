/** Rates of a table whose plane keeps counters alone: what changed between two looks at it. Pure. */
import type { TableAnswer } from '../api/protocol.js';
import type { TrafficCounters } from '../dataplane/types.js';
import type { PlaneRates } from '../model/rates.js';

const MS_PER_SECOND = 1000;

/** Whether the plane tells rates itself, or has nothing that could have any. */
export function hasRates(answer: TableAnswer): boolean {
  return answer.services.every(({ rates }) => rates !== undefined);
}

/**
 * The later table with rates per second. What is new in it has none; a counter that went back counts as still.
 *
 * @param elapsedMs between the two, above 0
 */
export function withRates(before: TableAnswer, after: TableAnswer, elapsedMs: number): TableAnswer {
  const seconds = elapsedMs / MS_PER_SECOND;
  const known = new Map(before.services.map((service) => [service.key, service]));
  const services = after.services.map((service) => {
    const then = known.get(service.key);
    const servers = new Map(then?.servers.map((server) => [server.key, server]));
    return {
      ...service,
      rates: ratesOf(then?.counters, service.counters, seconds),
      servers: service.servers.map((server) => ({
        ...server,
        rates: ratesOf(servers.get(server.key)?.counters, server.counters, seconds),
      })),
    };
  });
  return { ...after, services };
}

function ratesOf(then: TrafficCounters | undefined, now: TrafficCounters, seconds: number): PlaneRates {
  const rate = (field: keyof TrafficCounters): number =>
    Math.max(0, Math.round(((now[field] ?? 0) - (then?.[field] ?? now[field] ?? 0)) / seconds));
  return {
    connections: rate('connections'),
    packetsIn: rate('packetsIn'),
    packetsOut: rate('packetsOut'),
    bytesIn: rate('bytesIn'),
    bytesOut: rate('bytesOut'),
  };
}
