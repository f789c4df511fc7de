/** Asks the lvsd that runs for its userspace table. Loaded for `--userspace` alone. */
import { homedir, tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { ApiClient } from '../api/client.js';
import type { TableAnswer } from '../api/protocol.js';
import { pause } from '../base/abort.js';
import { realClock as clock } from '../base/clock.js';
import { runtimePaths } from '../base/runtime-paths.js';
import type { ListedConnection } from './connection-table.js';
import type { UserspaceSource } from './context.js';
import { ListingError } from './listing-error.js';
import { TableUnavailableError } from './open-failure.js';
import { listedConnection } from './userspace-connections.js';
import { hasRates, withRates } from './userspace-rates.js';
import { UserspaceTable } from './userspace-table.js';

export interface UserspaceOptions {
  readonly uid: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Between the two looks of which rates are made: the counters of the userspace plane are always up to date. */
const RATE_PERIOD_MS = 1000;

/**
 * Reads the table from the socket that `LVSD_SOCKET` names, or the user's own.
 *
 * @param rates whether rates are shown: they take a second look, a second later
 * @throws TableUnavailableError where no lvsd answers, or not to this user
 */
export async function openUserspace(options: UserspaceOptions, rates: boolean): Promise<UserspaceSource> {
  const { uid } = options;
  const client = new ApiClient(socketPath(options), { clock, uid, socketName: 'LVSD_SOCKET' });
  const table = new UserspaceTable(await readTable(client, rates));
  return { table, connections: () => listedConnections(client) };
}

async function readTable(client: ApiClient, rates: boolean): Promise<TableAnswer> {
  try {
    const before = await client.table();
    if (!rates || hasRates(before)) return before;
    const beganMs = clock.nowMs();
    await pause(clock, RATE_PERIOD_MS, new AbortController().signal);
    const after = await client.table();
    return withRates(before, after, clock.nowMs() - beganMs);
  } catch (cause) {
    throw new TableUnavailableError(failure(cause), { cause });
  }
}

/** @throws ListingError when the list breaks off */
async function* listedConnections(client: ApiClient): AsyncGenerator<ListedConnection, void> {
  try {
    for await (const line of client.connections()) {
      const connection = listedConnection(line);
      if (connection !== null) yield connection;
    }
  } catch (cause) {
    throw new ListingError(failure(cause), { cause });
  }
}

function failure(cause: unknown): string {
  return `list the userspace table: ${cause instanceof Error ? cause.message : String(cause)}`;
}

function socketPath({ uid, environment }: UserspaceOptions): string {
  const named = environment['LVSD_SOCKET'];
  if (named !== undefined && named !== '') return resolve(named);
  return runtimePaths({ uid, environment, tmpdir: tmpdir(), home: homedir() }).socket;
}
