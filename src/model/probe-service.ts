/**
 * Services that lvsd makes for its own probes of the true path. A table knows them by a firewall mark, everything else by
 * their names, which no service of a file can have: those hold no spaces.
 */
import type { Family } from '../base/ip.js';
import { serviceKey, type ServerKey, type ServiceKey } from './keys.js';

const PREFIX = 'probe ';

/** The name of the probe service of one server of a service: `probe shop/10.0.1.11:80`. */
export function probeName(service: string, server: ServerKey): string {
  return `${PREFIX}${service}/${server}`;
}

/** Whether a service is there for probes alone. */
export function isProbe({ name }: { readonly name: string }): boolean {
  return name.startsWith(PREFIX);
}

/** What the probe service with this mark is called in a table. */
export function probeServiceKey(family: Family, mark: number): ServiceKey {
  return serviceKey({ kind: 'fwmark', family, mark, protocol: 'tcp' }, '');
}
