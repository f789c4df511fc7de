/** How much of its weight a server that serves gets for now: load, agent, slow start. Pure. */
import type { AgentReport } from '../model/agent.js';
import type { ServerDecision } from '../model/desired-state.js';
import type { Load } from '../model/load.js';
import { effectiveWeight } from './effective-weight.js';
import type { Standing } from './judge-server.js';

/** What is known about the server. */
export interface WeightFacts {
  readonly isOperators: boolean;
  readonly load: Load | undefined;
  readonly agent: AgentReport | undefined;
  /** Of a slow start that has begun. */
  readonly slowStart: number | undefined;
}

/** What was decided about it the last time. */
export interface LastDecision {
  /** Its service was decided upon; else the director has just started, or the service is new. */
  readonly decided: boolean;
  /** Undefined when the server was not in the service. */
  readonly server: ServerDecision | undefined;
}

/**
 * The decision with the weight that holds for now, and with why.
 *
 * A server that the panic threshold keeps in is left as it is: it is needed.
 *
 * @param startsSlowly its service has a slow start
 */
export function weighServer(
  decision: ServerDecision,
  { state, weight }: Pick<Standing, 'state' | 'weight'>,
  facts: WeightFacts,
  last: LastDecision,
  startsSlowly: boolean,
): ServerDecision {
  if (decision.weight === 0) {
    const isNew = !last.decided || last.server?.unseen === true;
    return state === 'unchecked' && isNew ? { ...decision, unseen: true } : decision;
  }
  if (decision.panic === true || state !== 'well' || decision.weight !== weight) return decision;
  const begins = startsSlowly && comesBack(last) ? 0 : undefined;
  const slowStart = facts.slowStart ?? begins;
  const { isOperators, load, agent } = facts;
  if (load === undefined && agent === undefined && slowStart === undefined) return decision;
  const effective = effectiveWeight({ weight, isOperators, load, agent, slowStart });
  const reason = [decision.reason, effective.reason].filter((part) => part !== '').join('; ');
  const weighed = { ...decision, weight: effective.weight, reason, weighed: true } as const;
  return slowStart === undefined ? weighed : { ...weighed, slowStart };
}

/** It was out, or was not there, while its service was: not one of which nothing was known since the beginning. */
function comesBack({ decided, server }: LastDecision): boolean {
  if (!decided) return false;
  return server === undefined || (server.weight === 0 && server.unseen !== true);
}
