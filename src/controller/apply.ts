/** Runs a plan through a data plane. Knows the stop rule and nothing of what the steps mean. */
import { reasonOf } from '../base/errors.js';
import { StepError, type Dataplane, type Phase, type Step, type StepResult } from '../dataplane/types.js';
import type { ServiceKey } from '../model/keys.js';

/** What became of a plan. Every step is in exactly one of the three lists. */
export interface ApplyOutcome {
  /** In the order in which the plane acknowledged them. */
  readonly applied: readonly Step[];
  readonly failed: readonly StepError[];
  /** Not attempted, because an earlier phase of the same service had an error. */
  readonly skipped: readonly Step[];
  /** Services with at least one failed step. */
  readonly failedServices: ReadonlyMap<ServiceKey, readonly StepError[]>;
}

const PHASES: readonly Phase[] = [1, 2, 3, 4];

/**
 * Runs the steps phase by phase, each phase as one batch over all services that are still without error.
 *
 * A service whose step failed gets none of its later phases, so it keeps its old servers; the others go on.
 * Never rejects: a plane that rejects a whole batch fails each of its steps.
 */
export async function applyPlan(dataplane: Dataplane, steps: readonly Step[]): Promise<ApplyOutcome> {
  const applied: Step[] = [];
  const skipped: Step[] = [];
  const failedServices = new Map<ServiceKey, StepError[]>();
  for (const phase of PHASES) {
    const batch: Step[] = [];
    for (const step of steps) {
      if (step.phase === phase) (failedServices.has(step.service.key) ? skipped : batch).push(step);
    }
    if (batch.length === 0) continue;
    const results = await runBatch(dataplane, batch);
    batch.forEach((step, index) => {
      const result = results[index] ?? unanswered(step);
      if (result.ok) applied.push(step);
      else addTo(failedServices, step.service.key, result.error);
    });
  }
  return { applied, skipped, failed: [...failedServices.values()].flat(), failedServices };
}

async function runBatch(dataplane: Dataplane, batch: readonly Step[]): Promise<readonly StepResult[]> {
  try {
    return await dataplane.apply(batch);
  } catch (thrown) {
    return batch.map((step) => ({ ok: false, error: stepError(step, reasonOf(thrown), thrown) }));
  }
}

function unanswered(step: Step): StepResult {
  return { ok: false, error: stepError(step, 'the data plane gave no result', undefined) };
}

function stepError(step: Step, reason: string, cause: unknown): StepError {
  const server = 'server' in step ? step.server.key : null;
  const subject = server === null ? step.service.key : `${server} of ${step.service.key}`;
  return new StepError(`${step.kind.replace('-', ' ')} ${subject}: ${reason}`, {
    code: 'ERR_STEP_FAILED',
    details: { step: step.kind, service: step.service.key, server },
    retryable: true,
    cause,
  });
}

function addTo(errors: Map<ServiceKey, StepError[]>, key: ServiceKey, error: StepError): void {
  const list = errors.get(key);
  if (list === undefined) errors.set(key, [error]);
  else list.push(error);
}
