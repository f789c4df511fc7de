/** What the userspace plane cannot do (design of the data planes); the same YAML may run on either. */
import { isSchedulerModule } from '../../model/scheduler-names.js';
import { protocolsOf } from '../facts.js';
import type { ServiceRule } from './rule.js';

const ON_PROXY = 'on the userspace plane';

/** Packets that only the kernel can send. */
const forwarding: ServiceRule = ({ spot, config, servers, planes }, verdicts) => {
  if (!planes.proxy || config.fallback === 'proxy') return;
  const hint = 'write forwarding: nat, or fallback: proxy to have it served as nat there';
  if (config.forwarding !== 'nat') {
    const message = `forwarding ${config.forwarding} does not work ${ON_PROXY}`;
    verdicts.refuse(spot, ['forwarding'], { rule: 'proxy-forwarding', message, hint });
    return;
  }
  for (const server of servers) {
    if (server.config.forwarding === undefined || server.forwarding === 'nat') continue;
    const message = `forwarding ${server.forwarding} of the server ${server.key} does not work ${ON_PROXY}`;
    verdicts.refuse(server.spot, ['forwarding'], { rule: 'proxy-forwarding', message, hint });
  }
};

const marks: ServiceRule = ({ spot, config, planes }, verdicts) => {
  if (!planes.proxy || config.fwmark === undefined) return;
  verdicts.refuse(spot, ['fwmark'], {
    rule: 'proxy-fwmark',
    message: `firewall marks are not seen ${ON_PROXY}`,
    hint: 'write match: with addresses and ports',
  });
};

const everyPort: ServiceRule = ({ spot, address, planes }, verdicts) => {
  if (!planes.proxy || address?.kind !== 'address' || address.port !== 0) return;
  verdicts.refuse(spot, ['address'], {
    rule: 'proxy-port-zero',
    message: `port 0 (every port) does not work ${ON_PROXY}`,
    hint: 'write match: with a range of ports',
  });
};

const sctp: ServiceRule = ({ spot, config, planes }, verdicts) => {
  if (!planes.proxy || !protocolsOf(config).has('sctp')) return;
  const rule = config.match?.findIndex((entry) => entry.protocol === 'sctp') ?? -1;
  verdicts.refuse(spot, rule === -1 ? ['protocol'] : ['match', rule, 'protocol'], {
    rule: 'proxy-sctp',
    message: `sctp does not work ${ON_PROXY}`,
    hint: 'it needs the kernel plane',
  });
};

const sip: ServiceRule = ({ spot, config, planes }, verdicts) => {
  if (!planes.proxy || config.persistence?.engine === undefined) return;
  verdicts.refuse(spot, ['persistence', 'engine'], {
    rule: 'proxy-engine',
    message: `the persistence engine ${config.persistence.engine} does not work ${ON_PROXY}`,
    hint: 'remove engine: clients are then known by their addresses',
  });
};

/** The kernel runs its own schedulers only. */
const schedulerModule: ServiceRule = ({ spot, config, planes }, verdicts) => {
  if (!planes.kernel || !isSchedulerModule(config.scheduler)) return;
  verdicts.refuse(spot, ['scheduler'], {
    rule: 'kernel-scheduler',
    message: 'a scheduler from a module works on the userspace plane only',
    hint: 'write dataplane: proxy at the service',
  });
};

/**
 * A datagram that is scheduled by itself leaves no connection behind, so the kernel cannot find the way back: answers
 * of NAT servers reach the client from the server's own address.
 */
const onePacketNat: ServiceRule = ({ spot, config, servers, planes }, verdicts) => {
  if (!planes.kernel || !config.one_packet) return;
  if (!servers.some(({ forwarding: method }) => method === 'nat')) return;
  verdicts.warn(spot, ['one_packet'], {
    rule: 'one-packet-nat',
    message:
      "with one_packet the kernel does not translate the answers of nat servers: clients see the server's address",
    hint: 'use forwarding: dr or tun, unless nobody waits for an answer',
  });
};

export const PLANE_RULES: readonly ServiceRule[] = [
  forwarding,
  marks,
  everyPort,
  sctp,
  sip,
  schedulerModule,
  onePacketNat,
];
