/**
 * From what an agent says to the share of the weight that counts: an exponential moving average with a limit a step, so
 * that a load which follows the weight does not swing. Pure.
 *
 *   share' = share + clamp((1 - smoothing) x (target - share), -step, step)      target = clamp(answer, min, max)
 *
 * For a constant answer the share goes towards it and never past it, reaches it, and never leaves min..max.
 */
import type { AgentLimits } from '../model/agent.js';

/** What is nearer than half a percent is there: else it would creep for ever. */
const NEAR = 0.005;

/** @param before null at the first answer, which counts whole @param answer 0 and above */
export function smoothShare(
  before: number | null,
  answer: number,
  limits: Omit<AgentLimits, 'allow'>,
): number {
  const { min, max, smoothing, step } = limits;
  const target = clamp(answer, min, max);
  if (before === null) return target;
  // Other bounds may hold than when it came about.
  const share = clamp(before, min, max);
  const next = share + clamp((1 - smoothing) * (target - share), -step, step);
  const reached = Math.abs(target - next) < NEAR && Math.abs(target - share) <= step;
  return reached ? target : next;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
