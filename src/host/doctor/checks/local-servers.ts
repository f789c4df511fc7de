/** Servers that are this host: somebody must listen, and two directors must not send to each other in circles. */
import { isWildcard } from '../../../base/ip.js';
import type { Model } from '../../../model/director.js';
import { clientLink, isInner, kernelServices, linkOf, ownAddress, vipsOf } from '../../network.js';
import { finding, here } from '../finding.js';
import { nameServices, serverPaths, type ServerPath } from '../servers.js';
import type { DoctorCheck, Finding, HostView } from '../types.js';

const name = 'local-servers';

export const localServers: DoctorCheck = {
  name,
  about: 'servers on this host, and directors that serve each other',
  ofServices: true,
  run: (host, model) => {
    if (model === null) return [];
    const local = serverPaths(host.network, model).filter(
      ({ local: here_, forwarding }) => here_ || forwarding === 'local',
    );
    return [
      ...local.flatMap((path) => nobodyListens(host, path)),
      ...(local.length > 0 ? circles(host, model) : []),
    ];
  },
};

/** NAT comes to the server's own address and port, the others to the service's. */
function nobodyListens(host: HostView, path: ServerPath): Finding[] {
  return path.services.flatMap((service) => {
    const { address } = service;
    if (address.kind !== 'address' || address.protocol === 'sctp' || address.port === 0) return [];
    const server = service.servers.find(
      (one) => one.address === path.address && one.forwarding === path.forwarding,
    );
    if (server === undefined) return [];
    const target =
      path.forwarding === 'nat'
        ? { address: server.address, port: server.port === 0 ? address.port : server.port }
        : { address: address.address, port: address.port };
    const heard = host
      .listeners()
      .some(
        (one) =>
          one.protocol === address.protocol &&
          one.port === target.port &&
          (one.address === target.address || isWildcard(one.address)),
      );
    if (heard) return [];
    return [
      finding(name, 'warning', {
        subject: `server ${path.address}`,
        what: `The server ${path.address} of ${service.name} is this host, and no program listens on ${target.address} port ${target.port}.`,
        why: 'Every connection that is scheduled to it is refused.',
        advice: 'Start the program, let it listen there, or take the server out.',
      }),
    ];
  });
}

/**
 * A backup director has the address where it does not answer for it. What the active one sends it as a server, its own table
 * schedules once more, perhaps back.
 */
function circles(host: HostView, model: Model): Finding[] {
  const { network, probes } = host;
  const backup = host.table()?.daemons.some(({ role }) => role === 'backup') ?? false;
  // with a backup daemon the check of kernel settings looks at backup_only
  if (backup || probes === null) return [];
  return vipsOf(kernelServices(model)).flatMap((vip) => {
    const link = clientLink(network, vip);
    const carrier = linkOf(network, ownAddress(network, vip.address)?.index);
    if (link === null || carrier === null || !isInner(carrier)) return [];
    const others = vip.services.some(({ servers }) => servers.length > 1);
    const active = probes.whoHas(link, [vip.address]).get(vip.address) ?? [];
    if (!others || active.length === 0) return [];
    return [
      finding(name, 'fault', {
        subject: vip.address,
        what: `This host is backup for ${vip.address} and a server of the ${nameServices(vip.services)}, and its own table schedules what the active director sends it.`,
        why: 'A packet may go to the other director, come back, and so on until its time to live is over.',
        advice: 'The kernel tells a backup by its connection synchronisation daemon.',
        cures: here(
          `lvsadm --start-daemon backup --mcast-interface ${link.name}`,
          'sysctl -w net.ipv4.vs.backup_only=1',
        ),
      }),
    ];
  });
}
