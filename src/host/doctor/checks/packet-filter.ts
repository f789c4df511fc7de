/** Packet filter rules that take packets away before IPVS sees them, or behind it. */
import type { RealServer } from '../../../model/real-server.js';
import type { MatchRule, VirtualService } from '../../../model/virtual-service.js';
import { clientLink, kernelServices, linkTowards, vipsOf } from '../../network.js';
import { obstacleOf, type Obstacle } from '../firewall/evaluate.js';
import type { HookName, Packet } from '../firewall/rules.js';
import { finding, here } from '../finding.js';
import type { DoctorCheck, Finding, HostView } from '../types.js';

const name = 'packet-filter';
/** Of a large configuration the first ones stand for all: each is led past every rule, which takes its time. */
const mostJourneys = 5000;
const fewestJourneys = 500;
const mostSteps = 2_000_000;

export const packetFilter: DoctorCheck = {
  name,
  about: 'nft and iptables rules that drop or translate packets of services',
  ofServices: true,
  run: (host, model) => {
    if (model === null) return [];
    if (host.firewall().tables.length === 0) return [];
    const said = new Set<string>();
    const all = kernelServices(model).flatMap((service) => journeys(host, service));
    const isRequest = ({ packet }: Journey): boolean => packet.state === 'new';
    return [...all.filter(isRequest), ...all.filter((journey) => !isRequest(journey))]
      .slice(0, affordable(host))
      .flatMap((journey) => {
        const obstacle = obstacleOf(host.firewall(), journey.hook, journey.packet);
        if (obstacle === null) return [];
        const found = report(host, journey, obstacle);
        // one rule may stop all servers of a service, and answers of all services
        const key = `${found.subject} ${found.cures.flatMap(({ commands }) => commands).join()} ${obstacle.rule?.text ?? obstacle.chain.name}`;
        if (said.has(key)) return [];
        said.add(key);
        return [found];
      });
  },
};

function affordable(host: HostView): number {
  const rules = host
    .firewall()
    .tables.flatMap(({ chains }) => chains)
    .reduce((sum, chain) => sum + chain.rules.length, 1);
  return Math.min(mostJourneys, Math.max(fewestJourneys, Math.floor(mostSteps / rules)));
}

interface Journey {
  readonly service: VirtualService;
  readonly hook: HookName;
  readonly packet: Packet;
  /** `to shop`, `from the server 10.0.0.1 of shop`. */
  readonly which: string;
}

/**
 * Where packets of a service pass. The request comes in by prerouting and input, where it still has the service's address, and
 * leaves by output and postrouting as the method has it. Answers of NAT come back by prerouting and forward.
 *
 * @see net/netfilter/ipvs/ip_vs_core.c (ip_vs_ops4)
 */
function journeys(host: HostView, service: VirtualService): Journey[] {
  return rulesOf(service).flatMap((rule) => {
    const request = requestOf(host, service, rule);
    const arrival = (['prerouting', 'input'] as const).map((hook) => ({
      service,
      hook,
      packet: request,
      which: `to ${service.name}`,
    }));
    return [
      ...arrival,
      ...service.servers.flatMap((server) => withServer(host, service, rule, server, request)),
    ];
  });
}

function rulesOf({ address }: VirtualService): MatchRule[] {
  switch (address.kind) {
    case 'address':
      return [{ ...address, firstPort: address.port, lastPort: address.port }];
    case 'match':
      return [...address.rules];
    case 'fwmark':
      return [];
  }
}

function requestOf(
  host: HostView,
  service: VirtualService,
  { family, address, protocol, firstPort }: MatchRule,
): Packet {
  const [vip] = vipsOf([service]).filter((one) => one.address === address);
  const input = vip === undefined ? undefined : clientLink(host.network, vip)?.name;
  return {
    family,
    protocol,
    destination: address,
    ...(firstPort === 0 ? {} : { destinationPort: firstPort }),
    ...(input === undefined ? {} : { input }),
    state: 'new',
  };
}

function withServer(
  host: HostView,
  service: VirtualService,
  rule: MatchRule,
  server: RealServer,
  request: Packet,
): Journey[] {
  const link = linkTowards(host.network, server.address)?.name;
  if (link === undefined) return [];
  const port = server.port === 0 ? rule.firstPort : server.port;
  const { input: _, state: __, ...plain } = request;
  const leaving: Packet | null =
    server.forwarding === 'nat'
      ? {
          ...plain,
          destination: server.address,
          ...(port === 0 ? {} : { destinationPort: port }),
          output: link,
        }
      : server.forwarding === 'dr'
        ? { ...plain, output: link }
        : null;
  const out = (leaving === null ? [] : (['output', 'postrouting'] as const)).map((hook) => ({
    service,
    hook,
    packet: leaving ?? plain,
    which: `to the server ${server.address} of ${service.name}`,
  }));
  if (server.forwarding !== 'nat') return out;
  const tracked = host.sysctls.read('net/ipv4/vs/conntrack') === '1';
  const answer: Packet = {
    family: server.family,
    protocol: rule.protocol,
    source: server.address,
    ...(port === 0 ? {} : { sourcePort: port }),
    input: link,
    // without vs/conntrack the answer is the first that connection tracking sees of it
    ...(tracked
      ? { state: 'established' as const }
      : rule.protocol === 'tcp'
        ? { state: 'invalid' as const }
        : {}),
  };
  const back = (['prerouting', 'forward'] as const).map((hook) => ({
    service,
    hook,
    packet: hook === 'forward' && request.input !== undefined ? { ...answer, output: request.input } : answer,
    which: `from the server ${server.address} of ${service.name}`,
  }));
  return [...out, ...back];
}

function report(host: HostView, journey: Journey, obstacle: Obstacle): Finding {
  const { table, chain, rule, kind } = obstacle;
  const { service, which } = journey;
  const place = `${table.program === 'nft' ? 'nft' : 'iptables'} table ${table.family} ${table.name}, chain ${chain.name}`;
  const culprit = rule === null ? `The policy of ${place}` : `A rule of ${place} (${rule.text})`;
  const does = kind === 'drop' ? 'drops' : 'translates';
  return finding(name, 'fault', {
    subject: `service ${service.name}`,
    what: `${culprit} ${does} packets ${which}.`,
    why:
      kind === 'drop'
        ? 'They are lost, or refused, whatever IPVS would do with them.'
        : 'They are sent elsewhere before IPVS looks for their address.',
    ...cureFor(host, journey, obstacle),
  });
}

function cureFor(host: HostView, journey: Journey, obstacle: Obstacle): Pick<Finding, 'advice' | 'cures'> {
  if (meansUntracked(host, journey, obstacle)) {
    return {
      advice:
        'The rule means connections that are not tracked: have IPVS tell connection tracking of its own.',
      cures: here('sysctl -w net.ipv4.vs.conntrack=1'),
    };
  }
  return {
    advice: 'Keep it where the other rules are kept, so that it survives a restart.',
    cures: here(passRule(journey.packet, obstacle)),
  };
}

/** Whether an answer would pass, were its connection tracked. */
function meansUntracked(host: HostView, { hook, packet }: Journey, { rule }: Obstacle): boolean {
  if (packet.state !== 'invalid' || rule === null) return false;
  return obstacleOf(host.firewall(), hook, { ...packet, state: 'established' }) === null;
}

/** A rule before all others of the chain that lets the packet pass. */
function passRule(packet: Packet, { table, chain }: Obstacle): string {
  return table.program === 'nft'
    ? `nft insert rule ${table.family} ${table.name} ${chain.name} ${nftWords(packet)} accept`
    : `${table.program} -t ${table.name} -I ${chain.name} ${iptablesWords(packet)} -j ACCEPT`;
}

function iptablesWords({ source, destination, protocol, sourcePort, destinationPort }: Packet): string {
  return [
    ...(source === undefined ? [] : [`-s ${source}`]),
    ...(destination === undefined ? [] : [`-d ${destination}`]),
    `-p ${protocol}`,
    ...(sourcePort === undefined ? [] : [`--sport ${sourcePort}`]),
    ...(destinationPort === undefined ? [] : [`--dport ${destinationPort}`]),
  ].join(' ');
}

function nftWords({ family, source, destination, protocol, sourcePort, destinationPort }: Packet): string {
  const version = family === 4 ? 'ip' : 'ip6';
  return [
    ...(source === undefined ? [] : [`${version} saddr ${source}`]),
    ...(destination === undefined ? [] : [`${version} daddr ${destination}`]),
    sourcePort === undefined && destinationPort === undefined ? `meta l4proto ${protocol}` : '',
    ...(sourcePort === undefined ? [] : [`${protocol} sport ${sourcePort}`]),
    ...(destinationPort === undefined ? [] : [`${protocol} dport ${destinationPort}`]),
  ]
    .filter((words) => words !== '')
    .join(' ');
}
