/** The part a server plays among those that hold the same data. */

export const ROLES = ['primary', 'replica'] as const;

export type Role = (typeof ROLES)[number];

/** Which servers a service is for; with `any` the role does not matter. */
export type WantedRole = Role | 'any';

/** What a server said of itself in one answer. */
export interface SeenRole {
  readonly name: Role;
  /**
   * Which reign it speaks of, where the servers number them (a timeline, an election): of two that both call themselves
   * primary the one with the higher term is right. null = they do not.
   */
  readonly term: number | null;
}

/**
 * What a server says of itself from one answer to the next. Plain JSON values.
 *
 * Moments are numbers of the engine that rise with each beginning and each end of a probe, whichever server it is about,
 * and go on over a restart: which of two things came first does not depend on a clock.
 */
export interface RoleReport extends SeenRole {
  /** Since when it says so, term included, ms since the epoch; for people only. */
  readonly sinceMs: number;
  /** The moment of the answer with which it began to say so. */
  readonly since: number;
  /** The moments at which the latest probe began and ended; one that says nothing of the server is none. */
  readonly asked: number;
  readonly heard: number;
  /** The latest probe said it again. False: it ended in silence or an error, and this is what was said before. */
  readonly confirmed: boolean;
}
