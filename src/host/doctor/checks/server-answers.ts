/**
 * Whether servers answer what the director would send them: echo requests past the kernel's own tables, wrapped and addressed as
 * each forwarding method does it, compared with a plain one. A server that answers no echo at all is not judged. Tunnels: of IPv4 in IPv4 alone.
 */
import type { Link } from '../../../../native/rtnetlink/types.js';
import type { Model } from '../../../model/director.js';
import { finding, onServer } from '../finding.js';
import {
  gatewayFor,
  mostServers,
  nameServices,
  neighbourAddress,
  serverPaths,
  vipSet,
  vipsFor,
  type ServerPath,
} from '../servers.js';
import type { DoctorCheck, EchoProbe, Finding, HostView, Probes } from '../types.js';
import { judgeReturn, returnQuestions, SERVERS, type Question } from './server-returns.js';

export const serverAnswers: DoctorCheck = {
  name: SERVERS,
  about: 'servers that take what is sent to them, and answer by the right way',
  ofServices: true,
  run: (host, model) => {
    if (model === null || host.probes === null) return [];
    const near = reachable(host, model, host.probes);
    return [...near.silent, ...near.trials.flatMap((trial) => judge(trial))];
  },
};

/** A server that answers a plain request, the way to it, and what is asked for one address of its services. */
interface Draft {
  readonly path: ServerPath;
  readonly link: Link;
  /** This host's address that the server would answer to. */
  readonly own: string;
  readonly gateway: string | null;
  readonly vip: string;
  readonly tcpPort: number | null;
  readonly plainProbe: EchoProbe;
  /** As its method would send it. */
  readonly questions: readonly Question[];
}

interface Trial extends Draft {
  readonly answered: ReadonlySet<Question>;
}

function reachable(host: HostView, model: Model, probes: Probes): { silent: Finding[]; trials: Trial[] } {
  const paths = serverPaths(host.network, model)
    .filter(({ local, link }) => !local && link !== null)
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
  const answered = askAll(probes, drafts);
  return { silent, trials: drafts.map((draft) => ({ ...draft, answered })) };
}

/** Those of the probes that were answered. */
function answersOf(probes: Probes, asked: readonly EchoProbe[]): Set<EchoProbe> {
  const answers = probes.echo(asked);
  return new Set(asked.filter((_, index) => answers[index] === true));
}

/** A firewall may let the service through and no echo requests: what fails is asked by TCP, on the port of the service. */
function askAll(probes: Probes, drafts: readonly Draft[]): Set<Question> {
  const asked = drafts.flatMap(({ questions, tcpPort }) =>
    questions.map((question) => ({ question, tcpPort })),
  );
  const heard = answersOf(
    probes,
    asked.map(({ question: { probe } }) => probe),
  );
  const failed = asked.flatMap(({ question, tcpPort }) =>
    tcpPort === null || heard.has(question.probe)
      ? []
      : [{ question, probe: { ...question.probe, tcpPort } }],
  );
  const saved = answersOf(
    probes,
    failed.map(({ probe }) => probe),
  );
  return new Set([
    ...asked.flatMap(({ question }) => (heard.has(question.probe) ? [question] : [])),
    ...failed.flatMap(({ question, probe }) => (saved.has(probe) ? [question] : [])),
  ]);
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

function nobodyThere({ address, nextHop, link, services, family }: ServerPath): Finding {
  const who =
    nextHop === address ? `the server ${address}` : `the router ${nextHop} to the server ${address}`;
  return finding(SERVERS, 'warning', {
    subject: `server ${address}`,
    what: `Nobody answers ${family === 4 ? 'ARP' : 'neighbour solicitations'} for ${who} on ${link?.name ?? ''}.`,
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
  const { link, route, address, family } = path;
  const vips = vipSet(model);
  // a router's IPv6 address may be of the link alone, where a server's answer would not come
  const near = family === 4 ? path.nextHop : address;
  const own =
    (link === null ? null : neighbourAddress(host.network, link, near, vips)) ??
    route?.preferredSource ??
    null;
  if (link === null || own === null || hardwareDestination === null || vips.has(own)) return [];
  const gateway = gatewayFor(host.network, model, link, address, vips);
  const plainProbe: EchoProbe = {
    link,
    hardwareDestination,
    source: own,
    destination: address,
    tunnel: null,
  };
  return vipsFor(path, family).flatMap((vip) => {
    const questions = questionsOf(host, path, plainProbe, vip);
    return questions.length === 0
      ? []
      : [{ path, link, own, gateway, vip, tcpPort: tcpPortOf(path, vip), plainProbe, questions }];
  });
}

function questionsOf(host: HostView, path: ServerPath, plain: EchoProbe, vip: string): Question[] {
  switch (path.forwarding) {
    case 'dr':
      return path.onLink ? [{ about: 'method', probe: { ...plain, destination: vip } }] : [];
    case 'tun': {
      if (path.family === 6) return [];
      const { type = 'ipip', port = 0, checksum = 'none' } = path.tunnel ?? {};
      // a device that demands checksums would drop what has none
      if (checksum !== 'none') return [];
      // the server answers to this host, whose address is not behind the tunnel: a strict filter on it shows
      const tunnel = { type, port, source: plain.source, destination: path.address };
      return [{ about: 'method', probe: { ...plain, destination: vip, tunnel } }];
    }
    case 'nat':
      return returnQuestions(host, path, plain, vip);
    case 'local':
      return [];
  }
}

function judge(trial: Trial): Finding[] {
  const { path, questions, answered } = trial;
  if (path.forwarding === 'nat') return judgeReturn(trial);
  if (questions.every((question) => answered.has(question))) return [];
  return path.forwarding === 'dr' ? [withoutVip(trial)] : [withoutTunnel(trial)];
}

function withoutVip({ path: { address, services }, vip }: Trial): Finding {
  return finding(SERVERS, 'fault', {
    subject: `server ${address}`,
    what: `The server ${address} answers echo requests to itself, but not those to ${vip}.`,
    why: `DR leaves the packet as it is: a server without the address drops what the ${nameServices(services)} sends it.`,
    advice: `On a server with lvsd: lvsd realserver setup --forwarding dr --vip ${vip}`,
    cures: onServer(
      address,
      ...(vip.includes(':')
        ? [`ip address replace ${vip}/128 dev lo`]
        : [...quiet, `ip address replace ${vip}/32 dev lo`]),
    ),
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
  return finding(SERVERS, onLink ? 'fault' : 'warning', {
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
