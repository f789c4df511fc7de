/** Keys that contradict one another, and odd files that are allowed. */
import type { ResolvedServer } from '../resolve-servers.js';
import type { ServiceRule } from './rule.js';

const fallback: ServiceRule = ({ spot, config, servers, complete }, verdicts) => {
  if (config.fallback !== 'proxy' || config.forwarding !== 'nat') return;
  if (!complete || servers.some((server) => server.forwarding !== 'nat')) return;
  verdicts.refuse(spot, ['fallback'], {
    rule: 'fallback-unused',
    message: 'fallback: proxy goes with forwarding dr or tun, here it is nat',
    hint: 'remove it: nat is served on both planes',
  });
};

const empty: ServiceRule = ({ spot, config, servers, complete }, verdicts) => {
  if (servers.some(isPrimary) || !complete) return;
  verdicts.warn(spot, config.servers.length > 0 ? ['servers'] : [], {
    rule: 'no-servers',
    message: `the service "${config.name}" has no servers: clients are turned away`,
  });
};

const quiet: ServiceRule = ({ spot, config, servers }, verdicts) => {
  const primaries = servers.filter(isPrimary);
  if (primaries.length === 0 || primaries.some((server) => server.config.weight > 0)) return;
  verdicts.warn(spot, ['servers'], {
    rule: 'no-weight',
    message: `every server of the service "${config.name}" has weight 0: nobody takes new connections`,
  });
};

function isPrimary({ backup }: ResolvedServer): boolean {
  return !backup;
}

export const OPTION_RULES: readonly ServiceRule[] = [fallback, empty, quiet];
