/** How a service and its servers stand, for who counts availability. Pure. */
import type { ServerKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type { ServiceStanding, Standing } from '../model/standing.js';
import type { Verdict } from '../model/status.js';
import { computeHealth, type HealthInputs } from './service-health.js';

export interface StandingInputs extends HealthInputs {
  /** Undefined before the first of the service. */
  readonly verdicts: ReadonlyMap<ServerKey, Verdict> | undefined;
}

/**
 * The service as its status says, but `error`, which is `degraded` while a server takes connections and else `down`;
 * `unknown` until it has been planned. Never throws.
 */
export function computeStanding(inputs: StandingInputs): ServiceStanding {
  const { service, observed } = inputs;
  const takes = ({ key }: RealServer): boolean => (observed?.servers.get(key)?.weight ?? 0) > 0;
  return {
    standing: serviceStanding(inputs, service.servers.some(takes)),
    servers: new Map(
      service.servers.map((server) => [server.name, serverStanding(server, inputs, takes(server))]),
    ),
  };
}

function serviceStanding(inputs: StandingInputs, serves: boolean): Standing {
  if (inputs.desired === undefined) return 'unknown';
  const { health } = computeHealth(inputs);
  switch (health) {
    case 'ok':
      return 'up';
    case 'degraded':
    case 'down':
      return health;
    case 'error':
      return serves && inputs.desired.serving.tier !== 'sorry' ? 'degraded' : 'down';
  }
}

/**
 * Of one that was not checked yet nothing is known, unless its service takes it for up meanwhile. One that is out for its
 * role alone is well: a promotion is no failure of who was primary.
 */
function serverStanding(
  { key, weight, backup }: RealServer,
  { service, verdicts, desired }: StandingInputs,
  takesConnections: boolean,
): Standing {
  const verdict = verdicts?.get(key);
  if (verdict?.byRole === true && verdict.state !== 'unknown') return 'up';
  const state = verdict?.state ?? (service.initial === 'up' ? 'up' : 'unknown');
  if (state !== 'up') return state;
  // Nobody expects connections of one with weight 0, nor of one of the backup pool.
  if (takesConnections || weight === 0 || backup !== undefined) return 'up';
  const decision = desired?.decisions.find(({ server }) => server === key);
  return decision?.otherRole === true ? 'up' : 'degraded';
}
