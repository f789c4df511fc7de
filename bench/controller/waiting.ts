/** Looks at the kernel's table until it is as a program was to make it. One service is looked at, the last that is made. */
import type { ChildProcess } from 'node:child_process';
import type { IpvsClient } from '../../native/index.js';
import { lastService, serversPerService } from '../support/rules.js';

/** What a program works on. */
export interface Work {
  readonly child: ChildProcess;
  readonly table: IpvsClient;
  readonly services: number;
}

/** @returns when the last service had all of its servers, looked at every 10 ms; process time */
export function completedAt({ child, table, services }: Work): Promise<number> {
  const service = lastService(services);
  return reachedAt(child, 10, () => table.destinationEntries(service).length === serversPerService);
}

/** @returns when a server of the last service had this weight, looked at every 2 ms; process time */
export function weightAt({ child, table, services }: Work, weight: number): Promise<number> {
  const service = lastService(services);
  return reachedAt(child, 2, () =>
    table.destinationEntries(service).some((server) => server.weight === weight),
  );
}

async function reachedAt(child: ChildProcess, everyMs: number, isReached: () => boolean): Promise<number> {
  while (!isReached()) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  return performance.now();
}
