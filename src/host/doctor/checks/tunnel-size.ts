/** Room for the tunnel's header, and offloads that tunnels do not stand. */
import { clientLink, kernelServices, vipsOf } from '../../network.js';
import { finding, here, onServer } from '../finding.js';
import { serverPaths, vipsFor, type ServerPath } from '../servers.js';
import type { Link } from '../../../../native/rtnetlink/types.js';
import type { DoctorCheck, Finding, HostView } from '../types.js';

const name = 'tunnel-size';
/** Bytes of the heads of a TCP segment, by the family of the packet in the tunnel. */
const TCP_AND_IP = { 4: 40, 6: 60 } as const;
/** The smallest packet that every IPv6 link has to take whole. @see RFC 8200 section 5 */
const IPV6_MIN_MTU = 1280;

export const tunnelSize: DoctorCheck = {
  name,
  about: 'packet sizes and receive offload with tunnels',
  ofServices: true,
  run: (host, model) => {
    if (model === null) return [];
    const paths = serverPaths(host.network, model).filter(
      ({ forwarding, local }) => forwarding === 'tun' && !local,
    );
    if (paths.length === 0) return [];
    const clients = new Set(
      vipsOf(kernelServices(model)).flatMap((vip) => clientLink(host.network, vip) ?? []),
    );
    const largest = Math.max(...[...clients].map(({ mtu }) => mtu));
    return [
      ...paths.flatMap((path) => tooSmall(host, path, largest)),
      ...[...clients].flatMap((link) => merged(host, link)),
    ];
  },
};

/** Bytes that are added to each packet. */
function overheadOf({ family, tunnel }: ServerPath): number {
  const ip = family === 4 ? 20 : 40;
  const checksum = tunnel?.checksum ?? 'none';
  switch (tunnel?.type) {
    case 'gue':
      return ip + 8 + 4 + (checksum === 'remote' ? 8 : 0);
    case 'gre':
      return ip + 4 + (checksum === 'on' ? 4 : 0);
    case 'ipip':
    case undefined:
      return ip;
  }
}

function tooSmall(host: HostView, path: ServerPath, largest: number): Finding[] {
  const { address, link, family } = path;
  if (link === null || largest === -Infinity) return [];
  const room = link.mtu - overheadOf(path);
  if (room < IPV6_MIN_MTU && vipsFor(path, 6).length > 0) return [belowSmallest(path, link, room)];
  if (room >= largest || (family === 4 && host.sysctls.read('net/ipv4/vs/pmtu_disc') === '0')) return [];
  const families = ([4, 6] as const).filter((one) => vipsFor(path, one).length > 0);
  const segments = families.map((one) => room - TCP_AND_IP[one]).join(' or ');
  return [
    finding(name, 'info', {
      subject: `server ${address}`,
      what: `Packets of clients have up to ${largest} bytes, the tunnel to ${address} has room for ${room}.`,
      why:
        'Larger ones are refused with an ICMP message to the client. Clients that do not get it, for a firewall in between, ' +
        'hang in uploads.',
      advice: `Have the server ask for segments of at most ${segments} bytes, or raise the MTU of ${link.name} to ${largest + overheadOf(path)} on all hosts of that network.`,
      cures: onServer(
        address,
        ...families.flatMap((one) => vipsFor(path, one).map((vip) => clamp(vip, room - TCP_AND_IP[one]))),
      ),
    }),
  ];
}

function clamp(vip: string, segment: number): string {
  const program = vip.includes(':') ? 'ip6tables' : 'iptables';
  return `${program} -t mangle -A OUTPUT -s ${vip} -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss ${segment}`;
}

/** Packets of that size cannot be refused: no IPv6 host sends smaller ones. The kernel sends none at all by such a tunnel over IPv6. */
function belowSmallest(path: ServerPath, link: Link, room: number): Finding {
  const { address, family } = path;
  const needed = IPV6_MIN_MTU + overheadOf(path);
  return finding(name, family === 6 ? 'fault' : 'warning', {
    subject: `server ${address}`,
    what: `The tunnel to ${address} has room for ${room} bytes: ${link.name} has an MTU of ${link.mtu}.`,
    why: `IPv6 needs ${IPV6_MIN_MTU}: packets of clients to IPv6 addresses of services are dropped${family === 6 ? '' : ' when they are large'}.`,
    advice: `The MTU of all hosts of that network must be ${needed} at least.`,
    cures: here(`ip link set dev ${link.name} mtu ${needed}`),
  });
}

function merged(host: HostView, link: Link): Finding[] {
  if (host.offloads(link)?.['large-receive-offload'] !== true) return [];
  return [
    finding(name, 'warning', {
      subject: link.name,
      what: `Large receive offload is on at ${link.name}.`,
      why: 'It merges packets of clients for good: what comes out is too large for the tunnel, and is refused or lost.',
      cures: here(`ethtool -K ${link.name} lro off`),
    }),
  ];
}
