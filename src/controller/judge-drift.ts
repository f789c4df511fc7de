/** Finds what somebody else changed: services that nothing of ours changed and that are not as they ought to be. */
import type { AddressListing } from '../dataplane/address-table.js';
import type { Step } from '../dataplane/types.js';
import type { DesiredService } from '../model/desired-state.js';
import type { ServiceKey } from '../model/keys.js';
import { isProbe } from '../model/probe-service.js';
import type { DriftPolicy, VirtualService } from '../model/virtual-service.js';
import type { DriftWatch } from './drift-watch.js';
import type { EventLog } from './event-log.js';
import type { KnownAddresses } from './known-addresses.js';
import type { Leaving } from './leaving.js';
import { computePlan, type PlanInputs } from './plan.js';
import type { RunningConfig } from './running-config.js';

export interface DriftInputs {
  /** Services that nothing changed and of which no step failed. */
  readonly settled: readonly DesiredService[];
  /** With the table that was just read. */
  readonly plan: PlanInputs;
  /** Read with it; null where it does not matter or could not be read. */
  readonly listing: AddressListing | null;
  readonly addresses: Pick<KnownAddresses, 'missing' | 'isBlind'>;
  readonly services: RunningConfig['services'];
  readonly policyOf: (service: VirtualService) => DriftPolicy | 'always';
  readonly drift: DriftWatch;
  readonly events: Pick<EventLog, 'append'>;
}

/**
 * Tells of what is found, once; of a service for probes to nobody.
 *
 * @returns services to repair, each with the number of its event
 */
export function judgeDrift(inputs: DriftInputs): ReadonlyMap<ServiceKey, number | null> {
  const { settled, plan, listing, addresses, services, policyOf, drift, events } = inputs;
  const repairs = new Map<ServiceKey, number | null>();
  for (const { key, name } of settled) {
    const service = services.get(key);
    if (service === undefined) continue;
    const inTable = computePlan(plan, [key]).filter((step) => !isDraining(step, plan.leaving));
    const steps = [...inTable, ...addresses.missing(key, listing)];
    if (steps.length === 0) {
      if (!addresses.isBlind(key)) drift.settled(key);
    } else {
      const { repair, tell } = drift.found(key, policyOf(service), steps);
      const isTold = tell !== null && !isProbe(service);
      const cause = isTold ? events.append({ ...tell, service: name }) : null;
      if (repair) repairs.set(key, cause);
    }
  }
  return repairs;
}

/** Servers that leave change by our own doing. */
function isDraining(step: Step, leaving: Leaving): boolean {
  return 'server' in step && (leaving.get(step.service.key)?.has(step.server.key) ?? false);
}
