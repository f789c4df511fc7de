/** One word and one sentence on how a service stands. Pure. */
import type { ObservedService } from '../dataplane/types.js';
import type { DesiredService } from '../model/desired-state.js';
import type { RealServer } from '../model/real-server.js';
import type { ServiceHealth } from '../model/snapshot.js';
import type { VirtualService } from '../model/virtual-service.js';
import { roleOfService } from '../model/wanted-role.js';
import type { UnrepairedDrift } from './drift-watch.js';

export interface HealthInputs {
  readonly service: VirtualService;
  /** Undefined until the service has been planned. */
  readonly desired: DesiredService | undefined;
  /** Undefined while it is not in the table. */
  readonly observed: ObservedService | undefined;
  /** Messages of failed steps and faults of the scheduler module. */
  readonly errors: readonly string[];
  readonly drift: UnrepairedDrift | undefined;
}

export interface Health {
  readonly health: ServiceHealth;
  /** For people; empty when ok. */
  readonly reason: string;
}

const MOST_NAMED = 3;

/**
 * `error`: a step or the scheduler module failed; `down`: no server takes connections, or the sorry server alone;
 * `degraded`: some do not, others serve in their stead, or the table is not as the file says and is left so; else `ok`.
 * A server with weight 0 in the file is not expected to serve, nor, while another one does, one that has another role
 * than its service is for; one of the backup pool only when its turn has come.
 */
export function computeHealth({ service, desired, observed, errors, drift }: HealthInputs): Health {
  const serves = (key: RealServer['key']): boolean => (observed?.servers.get(key)?.weight ?? 0) > 0;
  const serving = service.servers.filter((server) => serves(server.key)).length;
  const asItOught = new Set(
    desired?.decisions.filter(({ otherRole }) => otherRole === true).map(({ server }) => server),
  );
  const isDown = serving === 0 || desired?.serving.tier === 'sorry';
  const idle = primariesOf(service).filter(
    ({ key, weight }) => weight > 0 && !serves(key) && (isDown || !asItOught.has(key)),
  );
  const reason = [
    ...(errors[0] === undefined ? [] : [errors[0]]),
    ...servingReason(service, desired),
    ...idleReason(idle, service, desired),
    ...(drift === undefined ? [] : [drift.message]),
  ].join('; ');
  if (errors.length > 0) return { health: 'error', reason };
  if (isDown) return { health: 'down', reason: reason === '' ? noServerReason(service) : reason };
  return { health: reason === '' ? 'ok' : 'degraded', reason };
}

function idleReason(
  idle: VirtualService['servers'],
  service: VirtualService,
  desired: DesiredService | undefined,
): readonly string[] {
  if (idle.length === 0) return [];
  const named = idle.slice(0, MOST_NAMED).map(({ key, name }) => {
    const why = desired?.decisions.find((decision) => decision.server === key)?.reason ?? '';
    return `${name} (${why === '' ? 'not in the table' : why})`;
  });
  const more = idle.length > MOST_NAMED ? ` and ${idle.length - MOST_NAMED} more` : '';
  const { length } = primariesOf(service);
  return [`${idle.length} of ${length} servers not serving: ${named.join(', ')}${more}`];
}

function primariesOf({ servers }: VirtualService): readonly RealServer[] {
  return servers.filter(({ backup }) => backup === undefined);
}

/** Where nobody serves, the servers' own reasons say why; what each says that it is, is said of all of them together. */
function servingReason(service: VirtualService, desired: DesiredService | undefined): readonly string[] {
  if (desired === undefined) return [];
  const { tier, reason } = desired.serving;
  if (tier === 'nobody' && roleOfService(service) === null) return [];
  return reason === '' ? [] : [reason];
}

function noServerReason(service: VirtualService): string {
  return service.servers.length === 0 ? 'no server configured' : 'every server has weight 0';
}
