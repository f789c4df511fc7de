/** Lists the kernel's connections under the keys of services and servers, in turns. */
import type { IpvsTable } from '../../../native/ipvs/table.js';
import type { IpvsConnection } from '../../../native/proc/connections.js';
import { formatEndpoint } from '../../base/ip.js';
import type { Protocol } from '../../model/service-address.js';
import type { ConnectionFilter, ConnectionRecord } from '../types.js';
import { canonicalAddress } from './convert-keys.js';
import { ConnectionOwners, type ConnectionOwner } from './connection-owners.js';
import type { MatchMarks } from './match-marks.js';

/** A look at the clock costs more than a line. */
const LINES_A_LOOK = 64;

/** The table as it is, for the connections that are read next. @throws what the table throws */
export async function readOwners(
  table: IpvsTable,
  marks: MatchMarks,
  turn: () => Promise<void>,
): Promise<ConnectionOwners> {
  const owners = new ConnectionOwners(marks);
  for (const service of table.serviceEntries()) {
    owners.add(service, table.destinationEntries(service));
    await turn();
  }
  return owners;
}

/** The connections that pass the filter, without the templates of persistent clients. @throws what `lines` throws */
export async function* listConnections(
  lines: Iterable<IpvsConnection>,
  owners: ConnectionOwners,
  filter: ConnectionFilter,
  turn: () => Promise<void>,
): AsyncGenerator<ConnectionRecord, void> {
  let count = 0;
  for (const line of lines) {
    if (++count % LINES_A_LOOK === 0) await turn();
    if (isTemplate(line)) continue;
    const owner = owners.ownerOf(line);
    if (passes(owner, filter)) yield recordOf(line, owner);
  }
}

/** A template stands for any port of a client, or for every connection of it. */
function isTemplate({ client }: IpvsConnection): boolean {
  return client.port === 0;
}

function passes(owner: ConnectionOwner, { service, server }: ConnectionFilter): boolean {
  if (service !== undefined && service !== owner.service) return false;
  return server === undefined || server === owner.server;
}

function recordOf(
  { protocol, client, virtual, state }: IpvsConnection,
  owner: ConnectionOwner,
): ConnectionRecord {
  return {
    service: owner.service,
    server: owner.server,
    protocol: protocol.toLowerCase() as Protocol,
    family: client.address.includes(':') ? 6 : 4,
    client: formatEndpoint(canonicalAddress(client.address), client.port),
    virtual: formatEndpoint(canonicalAddress(virtual.address), virtual.port),
    state,
    // The kernel counts by server, not by connection, and tells when a connection ends, not when it began.
    bytesIn: null,
    bytesOut: null,
    ageMs: null,
  };
}
