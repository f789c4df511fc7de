/** Rates from two snapshots of one director. */
import type { Snapshot } from '../model/snapshot.js';

/** Per second. */
export interface TrafficRates {
  readonly connections: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface Rates {
  /** By service name. */
  readonly services: ReadonlyMap<string, TrafficRates>;
  /** By `service/server`, names. */
  readonly servers: ReadonlyMap<string, TrafficRates>;
}

/**
 * What happened between two snapshots, per second.
 *
 * What is new in `after` has no rate; a counter that went back (the director was restarted, an entry made anew)
 * counts as 0.
 *
 * @param elapsedMs monotonic time between the two, above 0
 */
export function computeRates(before: Snapshot, after: Snapshot, elapsedMs: number): Rates {
  const seconds = elapsedMs / 1000;
  return {
    services: compare(services(before), services(after), seconds),
    servers: compare(servers(before), servers(after), seconds),
  };
}

function services(snapshot: Snapshot): Map<string, TrafficRates> {
  return new Map(snapshot.services.map((service) => [service.name, service]));
}

function servers(snapshot: Snapshot): Map<string, TrafficRates> {
  return new Map(
    snapshot.services.flatMap((service) =>
      service.servers.map((server): [string, TrafficRates] => [`${service.name}/${server.name}`, server]),
    ),
  );
}

function compare(
  before: ReadonlyMap<string, TrafficRates>,
  after: ReadonlyMap<string, TrafficRates>,
  seconds: number,
): Map<string, TrafficRates> {
  const rates = new Map<string, TrafficRates>();
  for (const [name, now] of after) {
    const then = before.get(name);
    if (then === undefined) continue;
    const rate = (field: keyof TrafficRates): number => Math.max(0, now[field] - then[field]) / seconds;
    rates.set(name, {
      connections: rate('connections'),
      bytesIn: rate('bytesIn'),
      bytesOut: rate('bytesOut'),
    });
  }
  return rates;
}
