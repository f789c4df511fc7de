/** Rates of services and servers: from two snapshots of one director, or those that the plane itself keeps. */
import type { PlaneRates } from '../model/rates.js';
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

/** What a snapshot says of a service or a server. */
interface Counted extends TrafficRates {
  readonly rates: PlaneRates | null;
}

/**
 * The plane's own rates of those services in which anything moves, by server alone; null where nothing does, and on
 * planes that keep none.
 */
export function planeRates(snapshot: Snapshot): Rates | null {
  const busy = snapshot.services.filter(
    (service) => isBusy(service) || service.servers.some((server) => isBusy(server)),
  );
  const rates = new Map<string, TrafficRates>();
  for (const [name, server] of servers({ services: busy }))
    if (server.rates !== null) rates.set(name, server.rates);
  return rates.size === 0 ? null : { services: new Map(), servers: rates };
}

function isBusy({ rates }: Counted): boolean {
  return rates !== null && Object.values(rates).some((rate) => rate > 0);
}

/**
 * What happened between two snapshots, per second; the plane's own rates where it keeps some, for its counters may
 * move more seldom than they are looked at.
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

function services(snapshot: Pick<Snapshot, 'services'>): Map<string, Counted> {
  return new Map(snapshot.services.map((service) => [service.name, service]));
}

function servers(snapshot: Pick<Snapshot, 'services'>): Map<string, Counted> {
  return new Map(
    snapshot.services.flatMap((service) =>
      service.servers.map((server): [string, Counted] => [`${service.name}/${server.name}`, server]),
    ),
  );
}

function compare(
  before: ReadonlyMap<string, Counted>,
  after: ReadonlyMap<string, Counted>,
  seconds: number,
): Map<string, TrafficRates> {
  const rates = new Map<string, TrafficRates>();
  for (const [name, now] of after) {
    if (now.rates !== null) {
      rates.set(name, now.rates);
      continue;
    }
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
