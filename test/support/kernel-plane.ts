/** The kernel's data plane over a table in memory, and the traffic that a test puts on it. */
import { KernelDataplane, type KernelDataplaneOptions } from '../../src/dataplane/kernel/kernel-dataplane.js';
import { toIpvsDestination } from '../../src/dataplane/kernel/convert.js';
import { toIpvsServiceKey } from '../../src/dataplane/kernel/convert-keys.js';
import { noMatchMarks } from '../../src/dataplane/kernel/match-marks.js';
import type { TableServer, TableService } from '../../src/model/desired-state.js';
import { FakeClock } from './fake-clock.js';
import { FakeIpvsTable, type FakeIpvsOptions } from './fake-ipvs-table.js';

export interface KernelPlaneRig {
  readonly plane: KernelDataplane;
  readonly table: FakeIpvsTable;
  /** Modules that the plane asked for, in order. */
  readonly loaded: string[];
}

/** A plane on an empty table; modules load unless the options say otherwise. */
export function kernelPlane(
  options: Partial<KernelDataplaneOptions> = {},
  tableOptions: FakeIpvsOptions = {},
): KernelPlaneRig {
  const table = new FakeIpvsTable(tableOptions);
  const loaded: string[] = [];
  const loadModule = (name: string): void => {
    loaded.push(name);
  };
  const plane = new KernelDataplane({
    clock: new FakeClock(),
    loadModule,
    readConnections: () => [],
    ...options,
    table,
  });
  return { plane, table, loaded };
}

/** One client connection, as the kernel would count it. */
export function countConnection(table: FakeIpvsTable, service: TableService, server: TableServer): void {
  const key = toIpvsServiceKey(service, noMatchMarks);
  table.countService(key, { connections: 1n });
  table.countDestination(key, toIpvsDestination(server), {
    activeConnections: 1,
    stats: { connections: 1n },
  });
}
