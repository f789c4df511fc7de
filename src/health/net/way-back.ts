/**
 * Whether answers of a server that come from the service's own address would reach a probe on this host. Where they would
 * not, every server would look dead on the director that clients come to, and on no other.
 */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { ForwardingMethod } from '../../model/real-server.js';
import { interfaceTowards } from './interface-towards.js';

/** What is looked at of this host. */
export interface HostFacts {
  /** The interface that has the address; null when none has. */
  interfaceOf(address: string): string | null;
  /** The interface by which packets from this source leave for the address, `lo` for one of this host; null = not known. */
  interfaceTowards(address: string, source: string): Promise<string | null>;
  /** A setting of IPv4 of an interface, or of `all`; null where it cannot be read. */
  setting(device: string, name: 'accept_local' | 'rp_filter'): number | null;
  /** Ports for connections that do not ask for one, both ends included. */
  portRange(): readonly [first: number, last: number];
}

export interface WayBack {
  readonly forwarding: ForwardingMethod;
  /** The service's. */
  readonly vip: string;
  /** Of this host; where the probe comes from. */
  readonly source: string;
  /** Where packets to the server leave, and its answers come in; null = not known: then that of the source. */
  readonly serverInterface: string | null;
  /** Where packets to the service's address would leave from, or where it is held; null = not known. */
  readonly vipInterface: string | null;
}

/**
 * Says what is missing, with what to do; null when answers come through.
 *
 * By NAT answers come from the server's own address, and IPv6 asks for none of this; nor does a server on this host.
 */
export function obstacle(way: WayBack, host: HostFacts): string | null {
  const { forwarding, vip, source, serverInterface, vipInterface } = way;
  if (source === vip)
    return `this host would ask from ${vip}, the service's own address: write the address that it keeps as source of the check`;
  const held = host.interfaceOf(source);
  if (held === null) return `no interface of this host has the address ${source} that probes come from`;
  if (vip.includes(':') || forwarding === 'nat') return null;
  // What does not leave this host is not judged by where it came in.
  if (forwarding === 'local' || serverInterface === 'lo') return null;
  // The source may be an address of lo or dummy0, by which nothing comes in.
  const device = serverInterface ?? held;
  const either = (name: 'accept_local' | 'rp_filter'): number =>
    Math.max(host.setting('all', name) ?? 0, host.setting(device, name) ?? 0);
  if (either('accept_local') < 1) {
    return (
      `accept_local is 0 on ${device}: the answer comes from ${vip}, and the director that holds that address drops it; ` +
      `sysctl -w ${settingName(device)}.accept_local=1, or director.sysctls: set`
    );
  }
  if (either('rp_filter') === 1 && vipInterface !== device) {
    return (
      `rp_filter is 1 on ${device}: the answer from ${vip} comes in there, and the way to that address is ` +
      `${vipInterface ?? 'another interface'}; sysctl -w ${settingName(device)}.rp_filter=2, or director.sysctls: set`
    );
  }
  return null;
}

/** As sysctl(8) takes it: a dot in the name of an interface is written as a slash. */
function settingName(device: string): string {
  return `net.ipv4.conf.${device.replaceAll('.', '/')}`;
}

const EPHEMERAL = [32_768, 60_999] as const;

/** This host; of its network namespace it is the calling thread's that counts. */
export const thisHost: HostFacts = {
  interfaceOf: (address) => {
    for (const [name, addresses] of Object.entries(networkInterfaces()))
      if (addresses?.some((each) => each.address === address) === true) return name;
    return null;
  },
  interfaceTowards,
  setting: (device, name) => {
    const value = Number(readOrNull(`/proc/sys/net/ipv4/conf/${device}/${name}`) ?? NaN);
    return Number.isInteger(value) ? value : null;
  },
  portRange: () => {
    const [first = 0, last = 0] = (readOrNull('/proc/sys/net/ipv4/ip_local_port_range') ?? '')
      .trim()
      .split(/\s+/)
      .map(Number);
    return first >= 1 && last >= first && last <= 65_535 ? [first, last] : EPHEMERAL;
  },
};

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
