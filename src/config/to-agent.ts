/** The keys of a service about weights that change by themselves, in the domain's terms. */
import type { AgentPolicy } from '../model/agent.js';
import type { VirtualService } from '../model/virtual-service.js';
import type { AgentConfig } from './schema/agent.js';
import type { ServiceConfig } from './schema/service.js';
import { toSource } from './to-source.js';

export function toWeights({
  agent,
  slow_start: slowStartMs,
}: ServiceConfig): Pick<VirtualService, 'agent' | 'slowStartMs'> {
  return {
    ...(agent === undefined ? {} : { agent: toAgent(agent) }),
    ...(slowStartMs === undefined ? {} : { slowStartMs }),
  };
}

function toAgent(agent: AgentConfig): AgentPolicy {
  const { port, send, interval, timeout, jitter, min, max, allow, smoothing, step } = agent;
  return {
    question: {
      type: 'agent',
      // An agent counts nothing: one answer is one answer.
      timing: {
        intervalMs: interval,
        fastIntervalMs: interval,
        downIntervalMs: interval,
        timeoutMs: timeout,
        rise: 1,
        fall: 1,
        jitter,
      },
      port,
      send: send ?? null,
      ...toSource(agent),
    },
    min,
    max,
    allow: [...new Set(allow)].sort(),
    smoothing,
    step,
  };
}
