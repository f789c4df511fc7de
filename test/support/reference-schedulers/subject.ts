/**
 * What histories and traces are played against: the reference model, the tested schedulers, or a mutant.
 * One player for all of them, so that a difference is a difference of the schedulers.
 */
import type { Destination, DestinationSettings, Packet, ServiceOptions } from './model.js';
import { newDestination, ReferenceService } from './service.js';

/** A server that was linked, and perhaps edited to weight 0, before the scheduler was bound. */
export interface Present<Server> {
  readonly server: Server;
  readonly settings: DestinationSettings;
  /** Its last weight that was not 0. */
  readonly lastWeight: number;
}

export interface Subject<Server> {
  /** Makes a server that is not linked yet. */
  create(family: 4 | 6, address: string, port: number): Server;
  /** Links servers in this order and binds the scheduler to the list; at most once, before the rest. */
  bind(present: readonly Present<Server>[]): void;
  add(server: Server, settings: DestinationSettings): void;
  edit(server: Server, settings: DestinationSettings): void;
  remove(server: Server): void;
  /** A new connection; it starts inactive. */
  connectionBound(server: Server): void;
  connectionActive(server: Server): void;
  connectionInactive(server: Server): void;
  connectionUnbound(server: Server, wasActive: boolean): void;
  templateBound(server: Server): void;
  templateUnbound(server: Server): void;
  /** Changes the counts outright, past the rules of thresholds: for loads that no history could build up. */
  surge(server: Server, active: number, inactive: number): void;
  pick(packet: Packet, nowMs: number): Server | null;
  overloaded(server: Server): boolean;
}

/** Makes a subject for one service. */
export type SubjectFactory<Server> = (options: ServiceOptions) => Subject<Server>;

/** The reference model as a subject. */
export const referenceSubject: SubjectFactory<Destination> = (options) => {
  let service = new ReferenceService(options);
  return {
    create: newDestination,
    bind: (present) => {
      service = new ReferenceService(
        options,
        present.map(({ server, settings, lastWeight }) => ({ destination: server, settings, lastWeight })),
      );
    },
    add: (destination, settings) => service.add(destination, settings),
    edit: (destination, settings) => service.edit(destination, settings),
    remove: (destination) => service.remove(destination),
    connectionBound: (destination) => service.connectionBound(destination),
    connectionActive: (destination) => service.connectionActive(destination),
    connectionInactive: (destination) => service.connectionInactive(destination),
    connectionUnbound: (destination, wasActive) => service.connectionUnbound(destination, wasActive),
    templateBound: (destination) => service.templateBound(destination),
    templateUnbound: (destination) => service.templateUnbound(destination),
    surge: (destination, active, inactive) => {
      destination.active += active;
      destination.inactive += inactive;
    },
    pick: (packet, nowMs) => service.schedule(packet, nowMs),
    overloaded: (destination) => destination.overload,
  };
};
