/** The part a server plays among those that hold the same data. */

export type Role = 'primary' | 'replica';

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
