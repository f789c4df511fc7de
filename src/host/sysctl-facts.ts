/** What the advice on kernel settings depends on beside the file, read from this host. */
import { IpvsClient } from '../../native/ipvs/client.js';
import type { Link } from '../../native/rtnetlink/types.js';
import type { Family } from '../base/ip.js';
import type { Model } from '../model/director.js';
import type { RealServer } from '../model/real-server.js';
import type { VirtualService } from '../model/virtual-service.js';
import {
  clientLink,
  isLocal,
  kernelServices,
  linkOf,
  linkTowards,
  openHostNetwork,
  ownAddress,
  vipsOf,
} from './network.js';
import type { HostNetwork } from './network.js';
import type { SysctlFacts } from './sysctl-advice.js';

/** Kinds of links out of which packets of clients come on a server. */
const TUNNELS = new Set(['ipip', 'ip6tnl', 'sit', 'gre', 'gretap', 'ip6gre']);

/** Computes the facts. Never throws. */
export function computeSysctlFacts(
  model: Model,
  network: HostNetwork,
  backupSyncDaemon: boolean,
): SysctlFacts {
  const services = kernelServices(model);
  const vips = vipsOf(services);
  const clientInterfaces = namesOf(vips.map((vip) => clientLink(network, vip)));
  const servers = services.flatMap((service) => service.servers);
  const towards = (family: Family): string[] => {
    const nat = servers.filter((server) => server.forwarding === 'nat' && server.family === family);
    return namesOf(
      [...new Set(nat.map(({ address }) => address))].map((address) => linkTowards(network, address)),
    );
  };
  const natInterfaces = { ipv4: towards(4), ipv6: towards(6) };
  const isHere = ({ forwarding, address }: RealServer): boolean =>
    forwarding === 'local' || isLocal(network, address);
  // of a host that unwraps nothing the tunnels are of another kind, of a VPN for example
  const unwraps = servers.some((server) => server.forwarding === 'tun' && isHere(server));
  return {
    clientInterfaces,
    natInterfaces,
    tunnelInterfaces: network.links
      .filter(({ kind, up }) => unwraps && up && kind !== null && TUNNELS.has(kind))
      .map(({ name }) => name),
    oneArmedInterfaces: natInterfaces.ipv4.filter((name) => clientInterfaces.includes(name)),
    alsoRealServer: servers.some(isHere),
    ...computeProbeInterfaces(services, network),
    backupSyncDaemon,
  };
}

/** Of services of which one check at least asks by way of their address. */
function computeProbeInterfaces(
  services: readonly VirtualService[],
  network: HostNetwork,
): Pick<SysctlFacts, 'probeInterfaces'> {
  const all = new Set<string>();
  const crossing = new Set<string>();
  for (const service of services) {
    const { address, checks, servers } = service;
    const isProbed = checks.some((check) => 'vip' in check);
    if (!isProbed || address.kind !== 'address' || address.family !== 4) continue;
    const held = ownAddress(network, address.address);
    const [vip] = vipsOf([service]);
    const vipLink =
      held === null ? (vip === undefined ? null : clientLink(network, vip)) : linkOf(network, held.index);
    for (const { forwarding, address: server } of servers) {
      if (forwarding !== 'dr' && forwarding !== 'tun') continue;
      const link = linkTowards(network, server);
      if (link === null) continue;
      all.add(link.name);
      if (link.name !== vipLink?.name) crossing.add(link.name);
    }
  }
  return all.size === 0 ? {} : { probeInterfaces: { all: [...all], crossing: [...crossing] } };
}

/**
 * Reads the facts of the calling thread's network namespace, without holding the loop while the kernel is asked for the way to
 * thousands of servers.
 *
 * @throws SyscallError, RtnetlinkError, CodecError when the kernel does not tell its interfaces
 * @param turn awaited between two questions
 */
export async function gatherSysctlFacts(model: Model, turn: () => Promise<void>): Promise<SysctlFacts> {
  const network = openHostNetwork();
  try {
    const servers = kernelServices(model).flatMap((service) => service.servers);
    // The network keeps the answers, so that they are there when the facts are computed.
    for (const destination of new Set(servers.map(({ address }) => address))) {
      network.routeTo({ destination });
      await turn();
    }
    return computeSysctlFacts(model, network, hasBackupSyncDaemon());
  } finally {
    network.close();
  }
}

/** Without IPVS, or the right to ask it, there is none that we know of. */
function hasBackupSyncDaemon(): boolean {
  let client: IpvsClient | null = null;
  try {
    client = IpvsClient.open();
    return client.daemons().some(({ role }) => role === 'backup');
  } catch {
    return false;
  } finally {
    client?.close();
  }
}

function namesOf(links: readonly (Link | null)[]): string[] {
  return [...new Set(links.flatMap((link) => (link === null ? [] : [link.name])))];
}
