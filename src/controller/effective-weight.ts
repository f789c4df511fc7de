/**
 * The weight with which a server stands in the table for now. Pure.
 *
 *   weight x check load x agent x slow start      weight: the operator's, else the check's, else the file's
 *
 * Rounded to whole numbers, and at least 1: a product that is small is no wish for nothing. 0 is only what somebody asks
 * for: file, operator, or a check that says so.
 */
import type { AgentReport } from '../model/agent.js';
import type { Load } from '../model/load.js';

export const HIGHEST_WEIGHT = 65_535;

/** What a weight is made of; what is missing changes nothing. */
export interface WeightFactors {
  /** That the file or an operator asks for, 0..65535. */
  readonly weight: number;
  /** An operator set it: then no check sets another one. */
  readonly isOperators: boolean;
  readonly load?: Load | undefined;
  readonly agent?: AgentReport | undefined;
  /** Share of the weight, 0..1. */
  readonly slowStart?: number | undefined;
}

export interface EffectiveWeight {
  /** 0..65535. */
  readonly weight: number;
  /** For people, what changes it; empty when nothing does. */
  readonly reason: string;
}

/** Never throws. */
export function effectiveWeight({
  weight,
  isOperators,
  load,
  agent,
  slowStart,
}: WeightFactors): EffectiveWeight {
  const byCheck = isOperators ? null : (load?.weight ?? null);
  const reasons = [
    ...(byCheck === null || byCheck === weight ? [] : [`check sets weight ${byCheck}`]),
    ...(load === undefined || load.share === 1 ? [] : [`check load ${percent(load.share)}`]),
    ...agentReason(agent),
    ...(slowStart === undefined ? [] : [`slow start ${percent(slowStart)}`]),
  ];
  const base = weight === 0 ? 0 : (byCheck ?? weight);
  const asksForNothing = base === 0 || load?.share === 0;
  const product = base * (load?.share ?? 1) * (agent?.share ?? 1) * (slowStart ?? 1);
  return { weight: asksForNothing ? 0 : bounded(product), reason: reasons.join(', ') };
}

function agentReason(agent: AgentReport | undefined): readonly string[] {
  if (agent === undefined) return [];
  if (agent.state !== 'answers') return [`agent ${agent.state}: ${agent.reason}`];
  return agent.share === 1 ? [] : [`agent ${percent(agent.share)}`];
}

function bounded(product: number): number {
  // 100 * 0.29 is a little less than 29, and 0.285 a little less than it is written.
  return Math.min(HIGHEST_WEIGHT, Math.max(1, Math.round(product + 1e-9)));
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
