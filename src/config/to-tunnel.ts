/** How packets are wrapped, with everything that the file leaves out. */
import type { Tunnel } from '../model/real-server.js';
import type { ServerConfig } from './schema/server.js';

export function toTunnel(tunnel: ServerConfig['tunnel']): Tunnel {
  return { type: tunnel?.type ?? 'ipip', port: tunnel?.port ?? 0, checksum: tunnel?.checksum ?? 'none' };
}
