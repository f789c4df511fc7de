/** How services and servers stand, in the words of the report: what availability is counted from. */

/**
 * `up`: it serves. `degraded`: it serves, but not as it should. `down`: it does not. `unknown`: nobody can tell.
 *
 * Of a service `degraded` and `down` are those of its status. A server is `degraded` while its check says up but no new
 * connections go there (drained, in maintenance, held back), and `down` and `unknown` as its check says; but one that is
 * down for its role alone is `up`.
 */
export type Standing = 'up' | 'degraded' | 'down' | 'unknown';

export const STANDINGS = ['up', 'degraded', 'down', 'unknown'] as const satisfies readonly Standing[];

/** One service with its servers by name. */
export interface ServiceStanding {
  readonly standing: Standing;
  readonly servers: ReadonlyMap<string, Standing>;
}

/** By name of the service. */
export type Standings = ReadonlyMap<string, ServiceStanding>;
