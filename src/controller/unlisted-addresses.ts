/**
 * What becomes of a plan when the addresses of this host cannot be listed: its table steps run, for checks and operators
 * must not wait for addresses, and the addresses fail by themselves, a failure for each service that needs one. Pure.
 */
import { isTableStep, type PlannedStep } from '../dataplane/address-table.js';
import { StepError } from '../dataplane/types.js';
import type { ServiceKey } from '../model/keys.js';
import { vipKey } from '../model/vip-address.js';
import type { ApplyOutcome } from './apply.js';

export interface HeldPlan {
  /** What runs. */
  readonly steps: readonly PlannedStep[];
  /** Table steps that wait. */
  readonly skipped: readonly PlannedStep[];
  /** Services whose addresses are not known to be as they ought to be. */
  readonly failures: ReadonlyMap<ServiceKey, StepError>;
}

export interface HoldInputs {
  readonly steps: readonly PlannedStep[];
  /** Why the addresses cannot be listed. */
  readonly cause: Error;
  /** Services of the round that need an address. */
  readonly needing: readonly ServiceKey[];
  /** Whether a service is still in the file. */
  readonly stays: (service: ServiceKey) => boolean;
}

/**
 * Takes the steps of addresses out of a plan.
 *
 * A service that left the file stays in the table as long as its address cannot go: clients that are still called here
 * would find nobody.
 */
export function holdAddresses({ steps, cause, needing, stays }: HoldInputs): HeldPlan {
  const failures = new Map<ServiceKey, StepError>();
  const waiting = new Set<ServiceKey>();
  for (const step of steps) {
    if (isTableStep(step)) continue;
    const { kind, service, vip } = step;
    if (!failures.has(service.key))
      failures.set(service.key, failure(`${kind.replace('-', ' ')} ${vipKey(vip)}`, service.key, cause));
    if (kind === 'delete-address' && !stays(service.key)) waiting.add(service.key);
  }
  for (const key of needing)
    if (!failures.has(key)) failures.set(key, failure(`look at the address of ${key}`, key, cause));
  const inTable = steps.filter(isTableStep);
  return {
    steps: inTable.filter(({ service }) => !waiting.has(service.key)),
    skipped: inTable.filter(({ service }) => waiting.has(service.key)),
    failures,
  };
}

/** What became of the plan as a whole. */
export function withHeld(outcome: ApplyOutcome, { skipped, failures }: HeldPlan): ApplyOutcome {
  const failedServices = new Map(outcome.failedServices);
  for (const [key, error] of failures) failedServices.set(key, [...(failedServices.get(key) ?? []), error]);
  return {
    applied: outcome.applied,
    skipped: [...outcome.skipped, ...skipped],
    failed: [...failedServices.values()].flat(),
    failedServices,
  };
}

function failure(what: string, service: ServiceKey, cause: Error): StepError {
  return new StepError(`${what}: ${cause.message}`, {
    code: 'ERR_ADDRESSES_UNREADABLE',
    details: { step: 'add-address', service, server: null },
    retryable: true,
    cause,
  });
}
