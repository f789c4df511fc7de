/** Connections of the userspace plane as rows of `-L -c`. Pure. */
import type { ConnectionLine } from '../api/protocol.js';
import { canonicalIpv6 } from './endpoint.js';
import type { ListedConnection } from './connection-table.js';

/** Words of the plane that the kernel has others for. */
const states: Readonly<Record<string, string>> = { CONNECTING: 'SYN_RECV', ONE_PACKET: 'UDP' };

/** The row of a connection, or null for one of the kernel's plane, which is not in this table. Never throws. */
export function listedConnection(line: ConnectionLine): ListedConnection | null {
  // the kernel counts by server: of its connections alone the bytes are not known
  if (line.bytesIn === null) return null;
  const [client, virtual] = [endpointOf(line.client), endpointOf(line.virtual)];
  const server = endpointOf(line.serverKey);
  return {
    protocol: line.protocol.toUpperCase(),
    client,
    virtual,
    // a server of any port gets the client's
    destination: server.port === 0 ? { ...server, port: virtual.port } : server,
    state: states[line.state] ?? line.state,
    expiresSec: line.expiresMs === undefined ? null : Math.ceil(line.expiresMs / 1000),
    peName: null,
    peData: null,
  };
}

function endpointOf(text: string): ListedConnection['client'] {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon).replace(/^\[|\]$/g, '');
  return { address: canonicalIpv6(host) ?? host, port: Number(text.slice(colon + 1)) };
}
