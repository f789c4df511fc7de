/** Services whose checks ask by way of their address. */
import type { ActiveCheck } from '../../src/model/health-check.js';
import type { RealServer } from '../../src/model/real-server.js';
import type { VirtualService } from '../../src/model/virtual-service.js';
import { keyOf, service } from './models.js';
import { tcpCheck } from './tcp-check.js';

/** DR unless the server says otherwise; with so many such checks. */
export function byVip(
  name: string,
  address: string,
  servers: readonly (string | RealServer)[],
  checks = 1,
): VirtualService {
  const [, host = '', port = '0'] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  const check: ActiveCheck = {
    ...tcpCheck({ intervalMs: 10_000 }),
    vip: { service: keyOf(address), address: host, port: Number(port) },
  };
  return service(name, address, servers, { checks: Array.from({ length: checks }, () => check) });
}
