/** Makes the persistence table that a service's settings ask for. */
import { PersistenceTable, type PersistenceOptions } from '../../../schedulers/persistence.js';
import type { TableService } from '../../model/desired-state.js';
import type { ProxyServer } from './proxy-server.js';

/** Several endpoints share their templates as the services of one firewall mark do; the mark's value is ours alone. */
const MATCH_MARK = 1;

function optionsOf({ address, settings }: TableService): PersistenceOptions | null {
  if (settings.persistence === null) return null;
  return {
    family: address.family,
    prefixLength: settings.persistence.prefixLength,
    timeoutMs: settings.persistence.timeoutSec * 1000,
    expireQuiescent: settings.expireQuiescent ?? false,
    service:
      address.kind === 'address'
        ? { kind: 'address', port: address.port }
        : { kind: 'fwmark', mark: MATCH_MARK },
  };
}

/**
 * Prepares the table for these settings: the current one edited in place, a new one, or null for none.
 *
 * @returns makes the change; takes the servers that are there then, newest first
 * @throws SchedulerError ERR_SCHEDULER_OPTION when the prefix or the timeout is out of range
 */
export function preparePersistence(
  definition: TableService,
  current: PersistenceTable<ProxyServer> | null,
): (servers: readonly ProxyServer[]) => PersistenceTable<ProxyServer> | null {
  const options = optionsOf(definition);
  if (options === null) return () => null;
  // Made also where the current table stays: it refuses what that one would refuse too late.
  const created = new PersistenceTable<ProxyServer>(options);
  return (servers) => {
    if (current !== null) {
      current.configure(options);
      return current;
    }
    for (const server of [...servers].reverse()) created.serverAdded(server);
    return created;
  };
}
