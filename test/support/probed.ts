/** Services whose checks ask by way of their address. */
import type { ActiveCheck } from '../../src/model/health-check.js';
import type { RealServer } from '../../src/model/real-server.js';
import type { VirtualService } from '../../src/model/virtual-service.js';
import { keyOf, service } from './models.js';

/** DR unless the server says otherwise; with so many such checks. */
export function byVip(
  name: string,
  address: string,
  servers: readonly (string | RealServer)[],
  checks = 1,
): VirtualService {
  const timing = {
    intervalMs: 10_000,
    fastIntervalMs: 10_000,
    downIntervalMs: 10_000,
    timeoutMs: 1000,
    rise: 2,
    fall: 3,
    jitter: 0,
  };
  const [, host = '', port = '0'] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  const check: ActiveCheck = {
    type: 'tcp',
    timing,
    port: null,
    send: null,
    expect: null,
    maxBytes: 1024,
    vip: { service: keyOf(address), address: host, port: Number(port) },
  };
  return service(name, address, servers, { checks: Array.from({ length: checks }, () => check) });
}
