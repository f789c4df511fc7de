/** The daemons of a network namespace that synchronise connections: listed, started, stopped. Decides nothing. */
import { IpvsError } from '../../../native/ipvs/errors.js';
import type { IpvsTable } from '../../../native/ipvs/table.js';
import { DirectorError } from '../../base/errors.js';
import type { SyncDaemon, SyncRole } from '../../model/sync-daemon.js';

/** At most one of each role. @throws DirectorError `ERR_SYNC_DAEMON` */
export function listSyncDaemons(table: IpvsTable): readonly SyncDaemon[] {
  return translated('list sync daemons', () =>
    table.daemons().map(({ role, interface: name, syncId, group, port, ttl, maxLength }) => ({
      role,
      interface: name,
      syncId,
      group: group ?? null,
      port: port ?? null,
      ttl: ttl ?? null,
      maxLength: maxLength ?? null,
    })),
  );
}

/** @throws DirectorError `ERR_SYNC_DAEMON`, also when one of that role runs */
export function startSyncDaemon(table: IpvsTable, daemon: SyncDaemon): void {
  const { role, interface: name, syncId, group, port, ttl, maxLength } = daemon;
  translated(`start sync daemon ${role} on ${name}`, () =>
    table.run({
      command: 'start-daemon',
      daemon: {
        role,
        interface: name,
        syncId,
        ...(group === null ? {} : { group }),
        ...(port === null ? {} : { port }),
        ...(ttl === null ? {} : { ttl }),
        ...(maxLength === null ? {} : { maxLength }),
      },
    }),
  );
}

/** One that does not run is stopped. @throws DirectorError `ERR_SYNC_DAEMON` */
export function stopSyncDaemon(table: IpvsTable, role: SyncRole): void {
  translated(`stop sync daemon ${role}`, () => {
    try {
      table.run({ command: 'stop-daemon', role });
    } catch (error) {
      if (!(error instanceof IpvsError) || error.code !== 'ERR_IPVS_DAEMON_NOT_RUNNING') throw error;
    }
  });
}

function translated<Result>(operation: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof IpvsError)) throw error;
    throw new DirectorError(`${operation}: ${error.reason}`, {
      code: 'ERR_SYNC_DAEMON',
      details: {},
      retryable: true,
      cause: error,
    });
  }
}
