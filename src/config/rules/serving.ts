/** Quorum, backup pool, sorry server and lost flows: what cannot work, and what never will. */
import { isLoopback } from '../../base/ip.js';
import { canStandAside, fallbackFlag } from '../../model/hash-fallback.js';
import type { JudgedService, ServiceRule } from './rule.js';

const quorumUp: ServiceRule = ({ spot, config }, verdicts) => {
  const { quorum, quorum_up: up } = config;
  if (up === undefined || up >= quorum) return;
  verdicts.refuse(spot, ['quorum_up'], {
    rule: 'quorum-up',
    message: `quorum_up ${up} is below quorum ${quorum}: it would be regained before it is lost`,
    hint: `write at least ${quorum}, or remove it`,
  });
};

/** A quorum that all servers together do not make is one that is never there. */
const reachable: ServiceRule = ({ spot, config, servers, complete }, verdicts) => {
  if (!complete || servers.length === 0) return;
  const sum = servers.reduce((total, server) => total + (server.backup ? 0 : server.config.weight), 0);
  for (const key of ['quorum', 'quorum_up'] as const) {
    const wanted = config[key];
    if (wanted === undefined || wanted <= sum || (key === 'quorum' && wanted === 1)) continue;
    const effect = key === 'quorum' ? 'is never reached' : 'is never reached again once it was lost';
    verdicts.warn(spot, [key], {
      rule: 'quorum-unreachable',
      message: `${key} ${wanted} ${effect}: the servers of "${config.name}" have weight ${sum} together`,
      hint: 'count weights, not servers',
    });
    return;
  }
};

const sorryFamily: ServiceRule = ({ spot, config, address }, verdicts) => {
  const sorry = config.sorry_server;
  if (sorry === undefined || address === null) return;
  if (sorry.family === address.family || config.forwarding === 'tun') return;
  verdicts.refuse(spot, ['sorry_server'], {
    rule: 'server-family',
    message: `the sorry server ${sorry.text} is IPv${sorry.family}, the service "${config.name}" is IPv${address.family}`,
    hint: 'families may differ only with forwarding: tun',
  });
};

/** As for servers: dr and tun leave the packet as it is, and what is the director's own gets it as it is, too. */
const sorryPort: ServiceRule = (service, verdicts) => {
  const { spot, config, address, planes } = service;
  const sorry = config.sorry_server;
  if (sorry === undefined || address === null) return;
  const servicePort = address.kind === 'address' ? address.port : 0;
  const port = sorry.port ?? servicePort;
  const reason = portKeeper(service);
  if (reason !== null && port !== servicePort) {
    verdicts.refuse(spot, ['sorry_server'], {
      rule: 'server-port',
      message: `${reason} the sorry server keeps the port ${servicePort === 0 ? 'that the client addressed' : servicePort} of the service "${config.name}"`,
      hint: `write ${sorry.family === 6 ? `"${sorry.text}"` : sorry.text} without a port`,
    });
  } else if (reason === null && port === 0 && (servicePort !== 0 || planes.proxy)) {
    verdicts.refuse(spot, ['sorry_server'], {
      rule: 'server-port-zero',
      message: `the sorry server ${sorry.text} has port 0`,
      hint: 'write its port',
    });
  }
};

function portKeeper({ config, planes }: JudgedService): string | null {
  if (config.forwarding !== 'nat') return `with forwarding ${config.forwarding}`;
  const { sorry_server: sorry } = config;
  return planes.kernel && sorry !== undefined && isLoopback(sorry.text)
    ? 'the kernel hands packets for the director itself over as they are:'
    : null;
}

/** The kernel's own table has one setting for all. */
const lostFlows: ServiceRule = ({ spot, config, planes }, verdicts) => {
  if (config.lost_flows === undefined || !planes.kernel) return;
  verdicts.refuseKey(spot, ['lost_flows'], {
    rule: 'kernel-lost-flows',
    message:
      'on the kernel plane lost_flows holds for the whole network namespace (net.ipv4.vs.expire_nodest_conn): a service cannot have its own',
    hint: 'write director.lost_flows, or dataplane: proxy at the service',
  });
};

/** The connections of a quiesced server stay where they are: for UDP that is for as long as the client talks. */
const quiescedUdp: ServiceRule = ({ spot, config, address, planes }, verdicts) => {
  if (config.on_failure !== 'quiesce' || address?.protocol !== 'udp' || config.one_packet || !planes.kernel)
    return;
  verdicts.warn(spot, ['on_failure'], {
    rule: 'quiesce-udp',
    message: `UDP clients of a failed server of "${config.name}" stay with it for as long as they go on sending`,
    hint: 'with on_failure: remove and lost_flows: reset they are moved to another server with their next packet',
  });
};

/** Hashing schedulers choose by the client, not by who takes connections. */
const quiescedHash: ServiceRule = ({ spot, config }, verdicts) => {
  const { scheduler, scheduler_flags: schedulerFlags } = config;
  if (config.on_failure !== 'quiesce' || canStandAside({ scheduler, schedulerFlags })) return;
  const fallback = fallbackFlag(scheduler) ?? null;
  verdicts.warn(spot, ['on_failure'], {
    rule: 'quiesce-hash',
    message: `the scheduler ${scheduler} goes on to choose a failed server of weight 0: clients that hash to it are turned away`,
    hint:
      fallback === null
        ? 'write on_failure: remove'
        : `write on_failure: remove, or scheduler_flags: [${fallback}]`,
  });
};

export const SERVING_RULES: readonly ServiceRule[] = [
  quorumUp,
  reachable,
  sorryFamily,
  sorryPort,
  lostFlows,
  quiescedUdp,
  quiescedHash,
];
