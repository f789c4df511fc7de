/** Clients that were here lately, as the kernel's connections tell. */
import type { HostView } from './types.js';

/**
 * IPv4 clients of whom IPVS has connections to an address, each once; without `vip`, to any.
 *
 * Lines `<protocol> <client> <its port> <address of the service> ...`, addresses in hexadecimal.
 */
export function clientsOf(host: HostView, vip?: string): string[] {
  const text = host.readText('/proc/thread-self/net/ip_vs_conn') ?? '';
  const found = new Set<string>();
  for (const [, client = '', target = ''] of text.matchAll(
    /^\w+\s+([0-9A-F]{8})\s+[0-9A-F]{4}(?:\s+([0-9A-F]{8}))?/gm,
  )) {
    if (vip === undefined || dotted(target) === vip) found.add(dotted(client));
  }
  return [...found];
}

function dotted(hex: string): string {
  return [...Buffer.from(hex, 'hex')].join('.');
}
