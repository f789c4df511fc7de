/** What acknowledged steps mean to people, as events. Pure. */
import type { PlannedStep } from '../dataplane/address-table.js';
import type { DesiredService, DesiredState } from '../model/desired-state.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import { describeStep, formatChanges } from './describe-step.js';
import { causeOf, type DirtyServices } from './dirty-set.js';
import type { EventDraft } from './event-log.js';

/**
 * One event for each step, with its cause, in the order of the steps.
 *
 * A service that is made new is one event that counts its servers: a cold start tells of services, not of
 * ten thousand servers.
 */
export function stepEvents(
  applied: readonly PlannedStep[],
  desired: DesiredState,
  causes: DirtyServices,
): readonly EventDraft[] {
  const created = new Map<ServiceKey, number>();
  for (const { kind, service } of applied) {
    if (kind === 'create-service') created.set(service.key, 0);
    const servers = created.get(service.key);
    if (kind === 'add-server' && servers !== undefined) created.set(service.key, servers + 1);
  }
  const reasons = new Map<ServiceKey, Reasons>();
  const reasonOf = (key: ServiceKey, server: ServerKey): string => {
    const known = reasons.get(key) ?? reasonsIn(desired.get(key));
    reasons.set(key, known);
    // A server without a decision is not in the file.
    return known.get(server) ?? 'not in the file';
  };
  return applied
    .filter((step) => step.kind !== 'add-server' || !created.has(step.service.key))
    .filter((step) => !isPassing(step, desired, causes))
    .map((step) => {
      const server = 'server' in step ? step.server.key : null;
      return {
        ...told(step, reasonOf, created.get(step.service.key) ?? 0),
        service: step.service.name,
        server: 'server' in step ? step.server.name : null,
        cause: causeOf(causes.get(step.service.key), server),
      };
    });
}

/** From one weight to another as load and time will have it: every second perhaps, so that it would drown all else. */
function isPassing(step: PlannedStep, desired: DesiredState, causes: DirtyServices): boolean {
  if (step.kind !== 'edit-server' || step.drain !== undefined) return false;
  if (step.changes.some(({ field, from, to }) => field !== 'weight' || from === '0' || to === '0'))
    return false;
  const { service, server } = step;
  if (causeOf(causes.get(service.key), server.key) !== null) return false;
  const decision = desired.get(service.key)?.decisions.find((each) => each.server === server.key);
  return decision?.weighed === true;
}

/** Why a server is not as the file says; empty where it is. */
type ReasonOf = (service: ServiceKey, server: ServerKey) => string;

/** By server of one service. */
type Reasons = ReadonlyMap<ServerKey, string>;

function reasonsIn(desired: DesiredService | undefined): Reasons {
  return new Map(desired?.decisions.map(({ server, reason }) => [server, reason]));
}

function told(
  step: PlannedStep,
  reasonOf: ReasonOf,
  newServers: number,
): Pick<EventDraft, 'type' | 'message'> {
  const { detail } = describeStep(step);
  switch (step.kind) {
    case 'create-service':
      return {
        type: 'service-added',
        message: `created: ${detail}, ${newServers} server${newServers === 1 ? '' : 's'}`,
      };
    case 'edit-service':
      return { type: 'service-changed', message: formatChanges(step.changes) };
    case 'delete-service':
      return { type: 'service-removed', message: `removed: ${detail}` };
    case 'add-server':
      return { type: 'server-added', message: `added: ${detail}` };
    case 'edit-server':
      return {
        type: 'server-changed',
        message: withReason(formatChanges(step.changes), reasonOf(step.service.key, step.server.key)),
      };
    case 'delete-server':
      return {
        type: 'server-removed',
        message: withReason('removed', reasonOf(step.service.key, step.server.key)),
      };
    case 'add-address':
      return { type: 'address-added', message: `added: ${detail}` };
    case 'delete-address':
      return { type: 'address-removed', message: `removed: ${detail}` };
  }
}

function withReason(message: string, reason: string): string {
  return reason === '' ? message : `${message}: ${reason}`;
}
