/** What the kernel refuses of a destination, in its order of checks. */
import type { IpvsDestinationConfig, IpvsDestinationKey, IpvsServiceKey } from '../../native/ipvs/types.js';

/** Never throws. */
export function isMixed(service: IpvsServiceKey, destination: IpvsDestinationKey): boolean {
  return service.family !== destination.family;
}

/**
 * @param syncing whether a synchronisation daemon runs, which knows one family a connection
 * @returns the errno; `not-unicast` for what is refused when it is new, with `EINVAL`; or null
 */
export function checkDestination(
  service: IpvsServiceKey,
  config: IpvsDestinationConfig,
  syncing: boolean,
): 'EINVAL' | 'ERANGE' | 'not-unicast' | null {
  if (isMixed(service, config) && (config.forwarding !== 'tunnel' || syncing)) return 'EINVAL';
  if (config.weight < 0 || config.weight > 2 ** 31 - 1) return 'ERANGE';
  if (config.lowerThreshold > config.upperThreshold) return 'ERANGE';
  if (config.tunnel?.type === 'gue' && config.tunnel.port === 0) return 'EINVAL';
  return isUnicast(config) ? null : 'not-unicast';
}

/** With `lo` up and no route beside it. */
function isUnicast({ family, address }: IpvsDestinationKey): boolean {
  if (family === 'ipv6') return !/^(::|ff|fe[89ab]|::ffff:\d+\.)/.test(address) || isPlainUnicast(address);
  const first = Number(address.split('.')[0]);
  const broadcast = ['0.0.0.0', '127.255.255.255', '255.255.255.255'].includes(address);
  return !broadcast && !(first >= 224 && first < 240);
}

/** `::1` and the like begin as the unspecified and the mapped addresses do. */
function isPlainUnicast(address: string): boolean {
  return address.startsWith('::') && address !== '::' && !/^::ffff:\d+\./.test(address);
}
