/** The tested schedulers, or a mutant of them, as a subject: the driver a data plane would be. */
import type * as schedulers from '../../schedulers/index.js';
import type { DestinationSettings } from '../support/reference-schedulers/model.js';
import type { SubjectFactory } from '../support/reference-schedulers/subject.js';

/** What `schedulers/index.ts` exports; mutants export the same. */
export type SchedulersModule = typeof schedulers;

type Server = schedulers.SchedulerServer;

/** Makes subjects from a build of the schedulers. */
export function testedSubject(module: SchedulersModule): SubjectFactory<Server> {
  return (options) => {
    const { generation } = options;
    const scheduler = module.createScheduler(options.algorithm, options);
    return {
      create: newServer,
      bind: (present) => {
        for (const { server, settings, lastWeight } of present) {
          apply(module, server, settings, generation);
          server.lastWeight = lastWeight;
        }
        scheduler.bind?.(present.map(({ server }) => server).reverse());
      },
      add: (server, settings) => {
        apply(module, server, settings, generation);
        scheduler.added(server);
      },
      edit: (server, settings) => {
        apply(module, server, settings, generation);
        scheduler.edited(server);
      },
      remove: (server) => scheduler.removed(server),
      connectionBound: (server) => {
        server.inactiveConnections += 1;
        module.connectionBound(server, generation, 'connection');
      },
      connectionActive: (server) => {
        server.inactiveConnections -= 1;
        server.activeConnections += 1;
      },
      connectionInactive: (server) => {
        server.activeConnections -= 1;
        server.inactiveConnections += 1;
      },
      connectionUnbound: (server, wasActive) => {
        if (wasActive) server.activeConnections -= 1;
        else server.inactiveConnections -= 1;
        module.connectionUnbound(server, generation, 'connection');
      },
      templateBound: (server) => module.connectionBound(server, generation, 'template'),
      templateUnbound: (server) => module.connectionUnbound(server, generation, 'template'),
      surge: (server, active, inactive) => {
        server.activeConnections += active;
        server.inactiveConnections += inactive;
      },
      pick: (packet, nowMs) => scheduler.pick(packet, nowMs),
      overloaded: (server) => server.overloaded,
    };
  };
}

function newServer(family: 4 | 6, address: string, port: number): Server {
  return {
    family,
    address,
    port,
    weight: 0,
    activeConnections: 0,
    inactiveConnections: 0,
    upperThreshold: 0,
    lowerThreshold: 0,
    overloaded: false,
  };
}

function apply(
  module: SchedulersModule,
  server: Server,
  settings: DestinationSettings,
  generation: schedulers.KernelGeneration,
): void {
  const previous = { upper: server.upperThreshold, lower: server.lowerThreshold };
  server.weight = settings.weight;
  server.upperThreshold = settings.upper;
  server.lowerThreshold = settings.lower;
  module.thresholdsEdited(server, previous, generation);
}
