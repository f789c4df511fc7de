/** How the kernel starts a connection synchronisation daemon. */
import type { IpvsDaemon, IpvsDaemonConfig } from '../../native/ipvs/types.js';

export interface FakeInterface {
  readonly mtu: number;
  /** Whether IPv6 multicast has a route there; it has none by default. */
  readonly ipv6?: boolean;
}

const ipv4Headers = 20 + 8;
const ipv6Headers = 40 + 8;
/** A backup's buffer is no smaller. */
const smallestBackupLength = 1024;

/** @returns the daemon as it is listed, with the defaults filled in; or the errno */
export function daemonAsStarted(config: IpvsDaemonConfig, at: FakeInterface): IpvsDaemon | string {
  const group = config.group ?? '224.0.0.81';
  const ipv6 = group.includes(':');
  if (!(ipv6 ? /^ff/ : /^2(2[4-9]|3\d)\./).test(group)) return 'EINVAL';
  if (ipv6 && at.ipv6 !== true) return 'ENETUNREACH';
  return {
    role: config.role,
    interface: config.interface,
    syncId: config.syncId,
    maxLength: lengthOf(config, at.mtu, ipv6 ? ipv6Headers : ipv4Headers),
    group,
    port: config.port ?? 8848,
    ttl: config.ttl ?? 1,
  };
}

function lengthOf({ role, maxLength }: IpvsDaemonConfig, mtu: number, headers: number): number {
  if (role === 'master') return Math.min(maxLength ?? Math.min(mtu, 1500) - headers, 65535 - headers);
  const whole = Math.min(Math.max(mtu, 1500), 65535) - headers;
  return maxLength === undefined ? whole : Math.max(maxLength, smallestBackupLength);
}
