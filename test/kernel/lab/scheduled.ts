/** Who ought to answer: the order that the schedulers of this repository compute. */
import { createScheduler } from '../../../schedulers/registry.js';
import type { Flow, FlowProtocol, SchedulerServer } from '../../../schedulers/types.js';

/** One server of a service, as far as a scheduler knows it. */
export interface ScheduledServer {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Default 1. */
  readonly weight?: number;
}

export interface ScheduledService {
  readonly scheduler: string;
  readonly flags?: readonly string[];
  readonly protocol: FlowProtocol;
  /** The virtual address and port. */
  readonly address: string;
  readonly port: number;
  /** In the order in which they were added: that of the file. */
  readonly servers: readonly ScheduledServer[];
}

export interface FlowSource {
  readonly address: string;
  /** Needed only by a scheduler that looks at it. */
  readonly port?: number;
}

/**
 * The names of who answers, one for each connection of `sources`, on a service that has seen none before.
 *
 * Every connection stays open until all are there, which is what the least-connection family looks at; for the others it
 * makes no difference. Null stands for a connection that nobody takes.
 */
export function scheduledOrder(service: ScheduledService, sources: readonly FlowSource[]): (string | null)[] {
  const scheduler = createScheduler(service.scheduler, { flags: service.flags ?? [] });
  const nameOf = new Map<SchedulerServer, string>();
  for (const { name, address, port, weight = 1 } of service.servers) {
    const server: SchedulerServer = {
      family: address.includes(':') ? 6 : 4,
      address,
      port,
      weight,
      activeConnections: 0,
      inactiveConnections: 0,
      upperThreshold: 0,
      lowerThreshold: 0,
      overloaded: false,
    };
    nameOf.set(server, name);
    scheduler.added(server);
  }
  return sources.map((source, nowMs) => {
    const chosen = scheduler.pick(flowFrom(source, service), nowMs);
    if (chosen === null) return null;
    chosen.activeConnections++;
    return nameOf.get(chosen) ?? null;
  });
}

function flowFrom({ address, port = 1024 }: FlowSource, service: ScheduledService): Flow {
  return {
    family: address.includes(':') ? 6 : 4,
    source: address,
    sourcePort: port,
    destination: service.address,
    destinationPort: service.port,
    protocol: service.protocol,
  };
}
