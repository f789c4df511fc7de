/** Weights that change by themselves: what cannot be, and what never has an effect. */
import { formatDuration } from '../../base/duration.js';
import type { JudgedService, ServiceRule, Verdicts } from './rule.js';

/** What changes weights, by the key that stands in the file. */
const KEYS = ['agent', 'slow_start'] as const;

/** Of a weight of 1 there is no share but the whole. */
const wholeWeights: ServiceRule = ({ spot, config, servers }, verdicts) => {
  const ones = servers.filter((server) => server.config.weight === 1);
  const [first] = ones;
  if (first === undefined) return;
  const others = ones.length === 1 ? '' : ` and ${ones.length - 1} more`;
  for (const key of KEYS) {
    if (config[key] === undefined || (key === 'agent' && !config.agent?.allow.includes('weight'))) continue;
    verdicts.warn(spot, [key], {
      rule: 'weight-too-small',
      message: `${key} cannot give a share of the weight 1 (${first.key}${others}): weights are whole numbers`,
      hint: 'use weights of 100 (pools: weight: 100), and quorum in the same measure',
    });
  }
};

/** Schedulers that do not look at weights, and those that choose a client's server by them. */
const SCHEDULERS: ReadonlyMap<string, string> = new Map([
  ['rr', 'does not look at weights'],
  ['lc', 'does not look at weights'],
  ['dh', 'does not look at weights'],
  ['sh', 'sends clients to other servers when a weight changes'],
  ['mh', 'sends clients to other servers when a weight changes'],
  ['fo', 'uses the server of the highest weight alone'],
  ['ovf', 'fills the server of the highest weight first'],
]);

const scheduler: ServiceRule = ({ spot, config }, verdicts) => {
  const effect = SCHEDULERS.get(config.scheduler);
  if (effect === undefined) return;
  for (const key of KEYS) {
    if (config[key] === undefined || (key === 'agent' && !config.agent?.allow.includes('weight'))) continue;
    verdicts.warn(spot, [key], {
      rule: 'weight-scheduler',
      message: `the scheduler ${config.scheduler} ${effect}`,
      hint: `${key} is for wrr, wlc, sed, nq, lblc and lblcr`,
    });
  }
};

const agent: ServiceRule = (service, verdicts) => {
  const { spot, config, servers } = service;
  const { agent: keys } = config;
  if (keys === undefined) return;
  bounds(service, verdicts);
  if (keys.timeout > keys.interval)
    verdicts.warn(spot, ['agent', 'timeout'], {
      rule: 'check-timing',
      message: `timeout ${formatDuration(keys.timeout)} is longer than interval ${formatDuration(keys.interval)}`,
      hint: 'an agent that does not answer is then asked less often than the interval says',
    });
  const other = servers.find(({ config: server }) => server.address.family !== keys.source?.family);
  if (keys.source === undefined || other === undefined) return;
  verdicts.refuse(spot, ['agent', 'source'], {
    rule: 'check-source',
    message: `the agent of the server ${other.key} cannot be asked from ${keys.source.text}, an address of the other family`,
    hint: 'write source_interface, which holds for both families, or a service for each family',
  });
};

function bounds({ spot, config }: JudgedService, verdicts: Verdicts): void {
  const { agent: keys } = config;
  if (keys === undefined) return;
  if (keys.min > keys.max)
    verdicts.refuse(spot, ['agent', 'min'], {
      rule: 'agent-bounds',
      message: 'min is above max: no share of the weight is left',
    });
  if (keys.max === 0)
    verdicts.refuse(spot, ['agent', 'max'], {
      rule: 'agent-bounds',
      message: 'max 0% lets no weight through',
    });
  if (keys.step < 0.01)
    verdicts.refuse(spot, ['agent', 'step'], {
      rule: 'agent-step',
      message: 'a step below 1% would take for ever',
      hint: 'write at least 1%',
    });
}

export const WEIGHT_RULES: readonly ServiceRule[] = [wholeWeights, scheduler, agent];
