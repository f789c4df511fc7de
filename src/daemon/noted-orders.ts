/** Orders that were taken, and whose steps failed. */
import { ApiError } from '../api/errors.js';
import type { RoundResult } from '../controller/round-scheduler.js';

const CONFLICT = 409;

/**
 * Tells of steps that failed. What was ordered holds all the same.
 *
 * @param what was done, for the message: "set weight"
 * @param results of the rounds that carried it out; null where there was nothing to do
 * @throws ApiError ERR_STEP_FAILED with each reason once
 */
export function tellFailures(what: string, results: readonly (Pick<RoundResult, 'failures'> | null)[]): void {
  const reasons = new Set(results.flatMap((result) => result?.failures.map(({ message }) => message) ?? []));
  if (reasons.size === 0) return;
  const message = `${what}: it is noted and tried again, but ${[...reasons].join('; ')}`;
  throw new ApiError(message, { code: 'ERR_STEP_FAILED', details: { status: CONFLICT }, retryable: true });
}
