/**
 * Whether servers answer what the director would send them: echo requests past the kernel's own tables, wrapped and addressed as
 * each forwarding method does it, compared with a plain one. A server that answers no echo at all is not judged. IPv4.
 */
import type { Link } from '../../../../native/rtnetlink/types.js';
import type { Model } from '../../../model/director.js';
import { inSubnet, isLocal } from '../../network.js';
import { finding, onServer } from '../finding.js';
import {
  mostServers,
  nameServices,
  neighbourAddress,
  serverPaths,
  vipSet,
  vipsFor,
  type ServerPath,
} from '../servers.js';
import type { DoctorCheck, EchoProbe, Finding, HostView, Probes } from '../types.js';
import { rewritesSource } from './nat-network.js';

const name = 'servers';
export const serverAnswers: DoctorCheck = {
  name,
  about: 'servers that take what is sent to them, and answer by the right way',
  ofServices: true,
  run: (host, model) => {
    if (model === null || host.probes === null) return [];
    const near = reachable(host, model, host.probes);
    return [...near.silent, ...near.trials.flatMap((trial) => judge(trial))];
  },
};

/** A server that answers, the way to it, and whether it answers what comes by its method. */
interface Trial {
  readonly path: ServerPath;
  readonly link: Link;
  /** This host's address that the server would answer to. */
  readonly own: string;
  readonly gateway: string | null;
  readonly vip: string;
  readonly method: boolean;
}

interface Draft extends Omit<Trial, 'method'> {
  readonly tcpPort: number | null;
  readonly plainProbe: EchoProbe;
  readonly methodProbe: EchoProbe;
}

function reachable(host: HostView, model: Model, probes: Probes): { silent: Finding[]; trials: Trial[] } {
  const paths = serverPaths(host.network, model)
    .filter(({ family, local, link }) => family === 4 && !local && link !== null)
    .slice(0, mostServers);
  const hops = new Map<Link, string[]>();
  for (const { link, nextHop } of paths)
    if (link !== null) hops.set(link, [...(hops.get(link) ?? []), nextHop]);
  const hardware = new Map<string, string | null>();
  for (const [link, addresses] of hops) {
    for (const [address, hosts] of probes.whoHas(link, [...new Set(addresses)]))
      hardware.set(`${link.index} ${address}`, hosts[0] ?? null);
  }
  const hostOf = ({ link, nextHop }: ServerPath): string | null | undefined =>
    hardware.get(`${link?.index ?? 0} ${nextHop}`);
  const silent = paths.filter((path) => hostOf(path) === null).map(nobodyThere);
  const near = paths.map((path) => draftsOf(host, model, path, hostOf(path) ?? null));
  const heard = answersOf(
    probes,
    near.flatMap(([first]) => first?.plainProbe ?? []),
  );
  // the first address of each server before the second of any: servers and addresses may be many
  const drafts = near
    .flatMap((own) => own.map((draft, position) => ({ draft, position })))
    .filter(({ draft: { plainProbe } }) => heard.has(plainProbe))
    .sort((one, other) => one.position - other.position)
    .slice(0, mostServers)
    .map(({ draft }) => draft);
  const taken = answersOf(
    probes,
    drafts.map(({ methodProbe }) => methodProbe),
  );
  const trials = drafts.map((draft) => ({ ...draft, method: taken.has(draft.methodProbe) }));
  return { silent, trials: confirm(probes, trials) };
}

/** Those of the probes that were answered. */
function answersOf(probes: Probes, asked: readonly EchoProbe[]): Set<EchoProbe> {
  const answers = probes.echo(asked);
  return new Set(asked.filter((_, index) => answers[index] === true));
}

/** A firewall may let the service through and no echo requests: who fails is asked by TCP, on the port of the service. */
function confirm(probes: Probes, trials: readonly (Trial & Draft)[]): Trial[] {
  const failed = trials.filter(({ method, tcpPort }) => !method && tcpPort !== null);
  const answers = probes.echo(
    failed.map(({ methodProbe, tcpPort }) => ({ ...methodProbe, ...(tcpPort === null ? {} : { tcpPort }) })),
  );
  const saved = new Set(failed.filter((_, index) => answers[index] === true));
  return trials.map((trial) => (saved.has(trial) ? { ...trial, method: true } : trial));
}

/** Where a server listens for a service of an address: its own port with NAT, else that of the service. */
function tcpPortOf({ services, address, forwarding }: ServerPath, vip: string): number | null {
  for (const { address: target, servers } of services) {
    if (target.kind !== 'address' || target.protocol !== 'tcp' || target.address !== vip) continue;
    const own = servers.find((one) => one.address === address && one.forwarding === forwarding)?.port ?? 0;
    const port = forwarding === 'nat' && own !== 0 ? own : target.port;
    if (port !== 0) return port;
  }
  return null;
}

function nobodyThere({ address, nextHop, link, services }: ServerPath): Finding {
  const who =
    nextHop === address ? `the server ${address}` : `the router ${nextHop} to the server ${address}`;
  return finding(name, 'warning', {
    subject: `server ${address}`,
    what: `Nobody answers ARP for ${who} on ${link?.name ?? ''}.`,
    why: `What the ${nameServices(services)} would send there is lost.`,
    advice: 'Start the host, look at its cable and its network (VLAN), or correct the address.',
  });
}

/** One for each address of the services that the server serves. */
function draftsOf(
  host: HostView,
  model: Model,
  path: ServerPath,
  hardwareDestination: string | null,
): Draft[] {
  const { link, route, address, forwarding } = path;
  const vips = vipSet(model);
  const own =
    (link === null ? null : neighbourAddress(host.network, link, path.nextHop, vips)) ??
    route?.preferredSource ??
    null;
  if (link === null || own === null || hardwareDestination === null || vips.has(own)) return [];
  const gateway = neighbourAddress(host.network, link, address, vips);
  const plainProbe: EchoProbe = {
    link,
    hardwareDestination,
    source: own,
    destination: address,
    tunnel: null,
  };
  return vipsFor(path).flatMap((vip) => {
    const methodProbe = methodProbeOf(host, path, plainProbe, vip);
    return methodProbe === null
      ? []
      : [{ path, link, own, gateway, vip, tcpPort: tcpPortOf(path, vip), plainProbe, methodProbe }];
  });

  function methodProbeOf(
    of: HostView,
    { tunnel }: ServerPath,
    plain: EchoProbe,
    vip: string,
  ): EchoProbe | null {
    switch (forwarding) {
      case 'dr':
        return path.onLink ? { ...plain, destination: vip } : null;
      case 'tun': {
        const { type = 'ipip', port = 0, checksum = 'none' } = tunnel ?? {};
        // a device that demands checksums would drop what has none
        if (checksum !== 'none') return null;
        // the server answers to this host, whose address is not behind the tunnel: a strict filter on it shows
        return {
          ...plain,
          destination: vip,
          tunnel: { type, port, source: own ?? '', destination: address },
        };
      }
      case 'nat':
        return returnsHere(of, path, vip) ? { ...plain, source: vip } : null;
      case 'local':
        return null;
    }
  }
}

/** Only where this is the active director, and the server cannot reach the service's address directly. */
function returnsHere(host: HostView, { address, link, onLink }: ServerPath, vip: string): boolean {
  if (!onLink || !isLocal(host.network, vip) || rewritesSource(host)) return false;
  return !host.network.addresses.some(
    (own) =>
      own.index === link?.index &&
      inSubnet(address, own.address, own.prefixLength) &&
      inSubnet(vip, own.address, own.prefixLength),
  );
}

function judge(trial: Trial): Finding[] {
  if (trial.method) return [];
  switch (trial.path.forwarding) {
    case 'dr':
      return [withoutVip(trial)];
    case 'tun':
      return [withoutTunnel(trial)];
    case 'nat':
      return [withoutGateway(trial)];
    case 'local':
      return [];
  }
}

function withoutVip({ path: { address, services }, vip }: Trial): Finding {
  return finding(name, 'fault', {
    subject: `server ${address}`,
    what: `The server ${address} answers echo requests to itself, but not those to ${vip}.`,
    why: `DR leaves the packet as it is: a server without the address drops what the ${nameServices(services)} sends it.`,
    advice: `On a server with lvsd: lvsd realserver setup --forwarding dr --vip ${vip}`,
    cures: onServer(address, ...quiet, `ip address replace ${vip}/32 dev lo`),
  });
}

/** First of all, or the server would answer ARP for the address for a moment. */
const quiet = ['sysctl -w net.ipv4.conf.all.arp_ignore=1', 'sysctl -w net.ipv4.conf.all.arp_announce=2'];

const devices = { ipip: 'tunl0', gue: 'tunl0', gre: 'gre0' } as const;
const kernelModules = { ipip: 'ipip', gue: 'fou ipip', gre: 'ip_gre' } as const;

function withoutTunnel({ path: { address, services, tunnel, onLink }, vip }: Trial): Finding {
  const { type = 'ipip', port = 0 } = tunnel ?? {};
  const device = devices[type];
  const words = type === 'gue' ? ` --tunnel gue --port ${port}` : type === 'gre' ? ' --tunnel gre' : '';
  // a router on the way may refuse answers to this host, and let those to clients pass
  return finding(name, onLink ? 'fault' : 'warning', {
    subject: `server ${address}`,
    what: `The server ${address} answers echo requests, but not those to ${vip} that come in a tunnel (${type}).`,
    why:
      `What the ${nameServices(services)} sends it is not unwrapped, not its own, or dropped by the reverse path filter of ` +
      'the tunnel.',
    advice: `On a server with lvsd: lvsd realserver setup --forwarding tun --vip ${vip}${words}`,
    cures: onServer(
      address,
      `ip link show ${device} >/dev/null 2>&1 || modprobe -a ${kernelModules[type]}`,
      ...(type === 'gue' ? [`ip fou show | grep -q '^port ${port} gue' || ip fou add port ${port} gue`] : []),
      `ip link set dev ${device} up`,
      `sysctl -w net.ipv4.conf.${device}.rp_filter=2`,
      ...quiet,
      // a device without an address passes no filter but 0
      `ip address replace ${vip}/32 dev ${device}`,
    ),
  });
}

function withoutGateway({ path: { address, services }, link, vip, own, gateway }: Trial): Finding {
  const director = gateway ?? own;
  return finding(name, 'fault', {
    subject: `server ${address}`,
    what: `Answers of the server ${address} to ${vip} do not come back by ${link.name}: this host is not its gateway.`,
    why: `NAT: only this host can translate answers back. Clients of the ${nameServices(services)} never see one, or drop it.`,
    advice: `On a server with lvsd: lvsd realserver setup --forwarding nat --gateway ${director}`,
    cures: onServer(address, `ip route replace default via ${director}`),
  });
}
