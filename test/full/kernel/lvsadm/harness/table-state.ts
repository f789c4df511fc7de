/** A table as data: to compare two, and to write one down. */
import type { IpvsTable } from '../../../../../native/ipvs/table.js';
import type {
  IpvsDaemon,
  IpvsDestination,
  IpvsInfo,
  IpvsService,
  IpvsTimeouts,
} from '../../../../../native/ipvs/types.js';

/** The destinations of a service beside it. */
export type ServiceState = IpvsService & { readonly destinations: readonly IpvsDestination[] };

/** In the kernel's order: of services that is of a hash which differs between namespaces, of destinations newest first. */
export interface TableState {
  readonly info: IpvsInfo;
  readonly timeouts: IpvsTimeouts;
  readonly daemons: readonly IpvsDaemon[];
  readonly services: readonly ServiceState[];
}

/** @throws IpvsError */
export function readTable(table: IpvsTable): TableState {
  return {
    info: table.info(),
    timeouts: table.timeouts(),
    daemons: table.daemons(),
    services: table.services().map((service) => ({ ...service, destinations: table.destinations(service) })),
  };
}

/** The same for every table with the same content, whatever its namespace: services are sorted. Counters count. */
export function canonicalText({ timeouts, daemons, services }: TableState): string {
  const blocks = services.map(({ destinations, ...service }) =>
    [toJson(service), ...destinations.map((destination) => `  ${toJson(destination)}`)].join('\n'),
  );
  return [toJson(timeouts), ...daemons.map((daemon) => toJson(daemon)), ...blocks.sort(), ''].join('\n');
}

/** One line; numbers of 64 bits as text, counters that are all 0 left out, fields in the order of their names. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (key, field: unknown) => {
    if (typeof field === 'bigint') return field.toString();
    if (typeof field !== 'object' || field === null || Array.isArray(field)) return field;
    if (key === 'stats' && Object.values(field).every((counter) => counter === 0n)) return undefined;
    return Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
