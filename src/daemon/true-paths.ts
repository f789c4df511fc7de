/** Joins checks with path: vip to the reconciler, which has the services that their probes go through. */
import type { Clock } from '../base/clock.js';
import type { Reconciler } from '../controller/reconciler.js';
import { SourcePorts } from '../health/net/source-ports.js';
import type { TruePaths } from '../health/net/true-paths.js';
import { thisHost } from '../health/net/way-back.js';

export function createTruePaths(clock: Clock, reconciler: Pick<Reconciler, 'openProbePath'>): TruePaths {
  return {
    open: (service, server, signal) => reconciler.openProbePath(service, server, signal),
    ports: new SourcePorts(clock, () => thisHost.portRange()),
    host: thisHost,
  };
}
