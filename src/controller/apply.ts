/** Runs a plan through a data plane and the table of addresses. Knows the stop rule, and little of what the steps mean. */
import { reasonOf } from '../base/errors.js';
import {
  isTableStep,
  type AddressStep,
  type AddressTable,
  type PlannedStep,
} from '../dataplane/address-table.js';
import { StepError, type Dataplane, type StepResult } from '../dataplane/types.js';
import type { ServiceKey } from '../model/keys.js';
import { vipKey } from '../model/vip-address.js';

/** What became of a plan. Every step is in exactly one of the three lists. */
export interface ApplyOutcome {
  /** In the order in which the plane acknowledged them. */
  readonly applied: readonly PlannedStep[];
  readonly failed: readonly StepError[];
  /** Not attempted, because an earlier phase of the same service had an error. */
  readonly skipped: readonly PlannedStep[];
  /** Services with at least one failed step. */
  readonly failedServices: ReadonlyMap<ServiceKey, readonly StepError[]>;
}

const PHASES: readonly PlannedStep['phase'][] = [0, 1, 2, 3, 4, 5, 6];

/**
 * Runs the steps phase by phase, each phase as one batch over all services that are still without error.
 *
 * A service whose step failed gets none of its later phases, so it keeps its old servers; the others go on.
 * An address is added if any of the services that share it is without error.
 * Never rejects: a plane that rejects a whole batch fails each of its steps.
 *
 * @param addresses null where the plan has no steps for addresses
 */
export async function applyPlan(
  dataplane: Dataplane,
  steps: readonly PlannedStep[],
  addresses: AddressTable | null = null,
): Promise<ApplyOutcome> {
  const applied: PlannedStep[] = [];
  const skipped: PlannedStep[] = [];
  const failedServices = new Map<ServiceKey, StepError[]>();
  for (const phase of PHASES) {
    const batch: PlannedStep[] = [];
    for (const step of steps) {
      if (step.phase === phase) (isStopped(step, failedServices) ? skipped : batch).push(step);
    }
    if (batch.length === 0) continue;
    const results = await runBatch(dataplane, addresses, batch);
    batch.forEach((step, index) => {
      const result = results[index] ?? unanswered(step);
      if (result.ok) applied.push(step);
      else addTo(failedServices, step.service.key, result.error);
    });
  }
  return { applied, skipped, failed: [...failedServices.values()].flat(), failedServices };
}

function isStopped(step: PlannedStep, failed: ReadonlyMap<ServiceKey, unknown>): boolean {
  if (!failed.has(step.service.key)) return false;
  return step.kind !== 'add-address' || step.sharing.every((service) => failed.has(service));
}

/** A phase has steps of the table or of addresses, never both. */
async function runBatch(
  dataplane: Dataplane,
  addresses: AddressTable | null,
  batch: readonly PlannedStep[],
): Promise<readonly StepResult[]> {
  try {
    const tableSteps = batch.filter(isTableStep);
    if (tableSteps.length > 0) return await dataplane.apply(tableSteps);
    return (await addresses?.apply(batch.filter(isAddressStep))) ?? [];
  } catch (thrown) {
    return batch.map((step) => ({ ok: false, error: stepError(step, reasonOf(thrown), thrown) }));
  }
}

function unanswered(step: PlannedStep): StepResult {
  const who = isTableStep(step) ? 'data plane' : 'table of addresses';
  return { ok: false, error: stepError(step, `the ${who} gave no result`, undefined) };
}

function isAddressStep(step: PlannedStep): step is AddressStep {
  return !isTableStep(step);
}

function stepError(step: PlannedStep, reason: string, cause: unknown): StepError {
  const server = 'server' in step ? step.server.key : null;
  const subject = server === null ? subjectOf(step) : `${server} of ${step.service.key}`;
  return new StepError(`${step.kind.replace('-', ' ')} ${subject}: ${reason}`, {
    code: 'ERR_STEP_FAILED',
    details: { step: step.kind, service: step.service.key, server },
    retryable: true,
    cause,
  });
}

function subjectOf(step: PlannedStep): string {
  return 'vip' in step ? vipKey(step.vip) : step.service.key;
}

function addTo(errors: Map<ServiceKey, StepError[]>, key: ServiceKey, error: StepError): void {
  const list = errors.get(key);
  if (list === undefined) errors.set(key, [error]);
  else list.push(error);
}
