/** Which of the kernel's devices takes which wrapped packet. Pure. */
import type { Address, AddressFamily, RealServerRequest, Tunnel } from './request.js';

/** The device that the kernel makes with a module, which takes packets from any sender. */
export interface TunnelDevice {
  readonly link: string;
  readonly module: string;
}

/**
 * By what is inside. GUE is UDP around what ipip would send: behind the port the same devices take it. There is none for
 * IPv4 in IPv6: ip6tnl0, as the kernel makes it, takes IPv6 alone, and `parseRequest` refuses the wish.
 */
const inIpv4: Readonly<Record<AddressFamily, TunnelDevice>> = {
  ipv4: { link: 'tunl0', module: 'ipip' },
  ipv6: { link: 'sit0', module: 'sit' },
};
const inIpv6: TunnelDevice = { link: 'ip6tnl0', module: 'ip6_tunnel' };

const gre: Readonly<Record<AddressFamily, TunnelDevice>> = {
  ipv4: { link: 'gre0', module: 'ip_gre' },
  ipv6: { link: 'ip6gre0', module: 'ip6_gre' },
};

/** Family of the packets around those for a VIP. */
export function outerFamily({ over }: Tunnel, vip: Address): AddressFamily {
  return over ?? vip.family;
}

/** Gives the device that takes the packets for a VIP out of the tunnel. */
export function tunnelDevice(tunnel: Tunnel, vip: Address): TunnelDevice {
  const outer = outerFamily(tunnel, vip);
  if (tunnel.type === 'gre') return gre[outer];
  return outer === 'ipv4' ? inIpv4[vip.family] : inIpv6;
}

/** Gives the devices of all VIPs, each once, with the VIPs that come by it. */
export function tunnelDevices(
  request: Extract<RealServerRequest, { forwarding: 'tun' }>,
): (TunnelDevice & { readonly vips: readonly Address[] })[] {
  const devices = new Map<string, TunnelDevice & { vips: Address[] }>();
  for (const vip of request.vips) {
    const device = tunnelDevice(request.tunnel, vip);
    const known = devices.get(device.link);
    if (known === undefined) devices.set(device.link, { ...device, vips: [vip] });
    else known.vips.push(vip);
  }
  return [...devices.values()];
}

/** Gives the families in which a port for GUE is needed. */
export function portFamilies(request: Extract<RealServerRequest, { forwarding: 'tun' }>): AddressFamily[] {
  return [...new Set(request.vips.map((vip) => outerFamily(request.tunnel, vip)))];
}
