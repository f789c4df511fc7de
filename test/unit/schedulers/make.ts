/** Plain literals as a stranger would hand them in. */
import type { Flow, Scheduler, SchedulerServer } from '../../../schedulers/index.js';

export interface NamedServer extends SchedulerServer {
  readonly name: string;
}

/** `10.1.0.N:80` by the letter: A = 1. */
export function makeServer(name: string, fields: Partial<SchedulerServer> = {}): NamedServer {
  return {
    name,
    family: 4,
    address: `10.1.0.${name.charCodeAt(0) - 64}`,
    port: 80,
    weight: 1,
    activeConnections: 0,
    inactiveConnections: 0,
    upperThreshold: 0,
    lowerThreshold: 0,
    overloaded: false,
    ...fields,
  };
}

export function makeFlow(fields: Partial<Flow> = {}): Flow {
  return {
    family: 4,
    source: '10.0.0.1',
    sourcePort: 40000,
    destination: '192.0.2.10',
    destinationPort: 80,
    protocol: 'tcp',
    ...fields,
  };
}

export const nameOf = (server: SchedulerServer | null): string =>
  server === null ? '-' : (server as NamedServer).name;

/** The names of so many picks in a row, `-` for none. */
export function pickNames(scheduler: Scheduler, count: number, flow = makeFlow(), nowMs = 0): string {
  return Array.from({ length: count }, () => nameOf(scheduler.pick(flow, nowMs))).join('');
}
