/** Room for the tunnel's header, and offloads that tunnels do not stand. */
import { clientLink, kernelServices, vipsOf } from '../../network.js';
import { finding, here, onServer } from '../finding.js';
import { serverPaths, vipsFor, type ServerPath } from '../servers.js';
import type { Link } from '../../../../native/rtnetlink/types.js';
import type { DoctorCheck, Finding, HostView } from '../types.js';

const name = 'tunnel-size';
const TCP_AND_IP = 40;

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
  const { address, link } = path;
  if (link === null || largest === -Infinity) return [];
  const room = link.mtu - overheadOf(path);
  if (room >= largest || host.sysctls.read('net/ipv4/vs/pmtu_disc') === '0') return [];
  const segment = room - TCP_AND_IP;
  const vips = vipsFor(path);
  return [
    finding(name, 'info', {
      subject: `server ${address}`,
      what: `Packets of clients have up to ${largest} bytes, the tunnel to ${address} has room for ${room}.`,
      why:
        'Larger ones are refused with an ICMP message to the client. Clients that do not get it, for a firewall in between, ' +
        'hang in uploads.',
      advice: `Have the server ask for segments of at most ${segment} bytes, or raise the MTU of ${link.name} to ${largest + overheadOf(path)} on all hosts of that network.`,
      cures: onServer(
        address,
        ...vips.map(
          (vip) =>
            `iptables -t mangle -A OUTPUT -s ${vip} -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss ${segment}`,
        ),
      ),
    }),
  ];
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
