/** Scheduler, its flags, persistence and one-packet scheduling. */
import { flagsOf, SCHEDULER_FLAGS } from '../../model/scheduler-names.js';
import { protocolsOf } from '../facts.js';
import type { ServiceRule } from './rule.js';

const flags: ServiceRule = ({ spot, config }, verdicts) => {
  const own = flagsOf(config.scheduler);
  const seen = new Set<string>();
  for (const [index, flag] of config.scheduler_flags.entries()) {
    const at = ['scheduler_flags', index];
    if (!own.includes(flag)) {
      const owner = Object.entries(SCHEDULER_FLAGS).find(([, names]) =>
        (names as readonly string[]).includes(flag),
      );
      verdicts.refuse(spot, at, {
        rule: 'scheduler-flag',
        message: `the flag ${flag} does not belong to the scheduler ${config.scheduler}`,
        hint: owner === undefined ? null : `it belongs to ${owner[0]}`,
      });
    } else if (seen.has(flag)) {
      verdicts.refuse(spot, at, { rule: 'duplicate-flag', message: `the flag ${flag} stands here twice` });
    }
    seen.add(flag);
  }
};

const clientPrefix: ServiceRule = ({ spot, config, address }, verdicts) => {
  const prefix = config.persistence?.client_prefix;
  if (prefix === undefined || address?.family !== 4 || prefix <= 32) return;
  verdicts.refuse(spot, ['persistence', 'client_prefix'], {
    rule: 'client-prefix',
    message: `client_prefix ${prefix} is longer than an IPv4 address`,
    hint: 'allowed: 1 to 32',
  });
};

const engine: ServiceRule = ({ spot, config }, verdicts) => {
  const name = config.persistence?.engine;
  if (name === undefined || isUdpOnly(config)) return;
  verdicts.refuse(spot, ['persistence', 'engine'], {
    rule: 'engine-protocol',
    message: `the persistence engine ${name} is for udp only`,
    hint: 'write protocol: udp',
  });
};

const onePacket: ServiceRule = ({ spot, config }, verdicts) => {
  if (!config.one_packet || isUdpOnly(config)) return;
  verdicts.refuse(spot, ['one_packet'], {
    rule: 'one-packet-protocol',
    message: 'one_packet is for udp only',
    hint: 'write protocol: udp',
  });
};

function isUdpOnly(config: Parameters<ServiceRule>[0]['config']): boolean {
  return [...protocolsOf(config)].every((protocol) => protocol === 'udp');
}

export const SCHEDULING_RULES: readonly ServiceRule[] = [flags, clientPrefix, engine, onePacket];
