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
    service:
      address.kind === 'address'
        ? { kind: 'address', port: address.port }
        : { kind: 'fwmark', mark: MATCH_MARK },
  };
}

/** The table for these settings: the old one edited in place, a new one, or null for none. */
export function persistenceFor(
  definition: TableService,
  current: PersistenceTable<ProxyServer> | null,
  servers: readonly ProxyServer[],
): PersistenceTable<ProxyServer> | null {
  const options = optionsOf(definition);
  if (options === null) return null;
  if (current !== null) {
    current.configure(options);
    return current;
  }
  const created = new PersistenceTable<ProxyServer>(options);
  for (const server of [...servers].reverse()) created.serverAdded(server);
  return created;
}
