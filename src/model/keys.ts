/** Canonical identity strings. Two things are the same thing exactly when their keys are equal. */
import { formatEndpoint, type Family } from '../base/ip.js';
import type { ServiceAddress } from './service-address.js';

/** `tcp:192.0.2.1:80`, `udp:[2001:db8::1]:53`, `fwmark:7` (IPv6: `fwmark6:7`), `match:<service name>`. */
export type ServiceKey = string & { readonly __serviceKey: unique symbol };

/** `10.0.1.11:8080`, `[2001:db8::11]:8080`; unique within a service. */
export type ServerKey = string & { readonly __serverKey: unique symbol };

/**
 * The identity of a service in a table.
 *
 * A `match` service has no address of its own, so its configured name is its identity.
 */
export function serviceKey(address: ServiceAddress, name: string): ServiceKey {
  switch (address.kind) {
    case 'address':
      return `${address.protocol}:${formatEndpoint(address.address, address.port)}` as ServiceKey;
    case 'fwmark':
      return `fwmark${address.family === 6 ? '6' : ''}:${address.mark}` as ServiceKey;
    case 'match':
      return `match:${name}` as ServiceKey;
  }
}

/** The identity of a server within its service. */
export function serverKey(server: {
  readonly address: string;
  readonly port: number;
  readonly family?: Family;
}): ServerKey {
  return formatEndpoint(server.address, server.port) as ServerKey;
}
