/** Shapes of POST /api/v1/ha-order: instances of VRRP that an operator moves to or from this director. */

export interface HaOrderRequest {
  /** `release` = to another director; `takeover` = to this one. */
  readonly verb: 'release' | 'takeover';
  /** Its name; absent = all that can move so. */
  readonly instance?: string;
  /** Also where nobody can say whether the other director is ready. */
  readonly force: boolean;
}

export interface HaOrderAnswer {
  readonly verb: HaOrderRequest['verb'];
  readonly moves: readonly HaMove[];
}

/** Instances that moved together, or did not. */
export interface HaMove {
  /** Their names, in the order of the file: those of a group, or one. */
  readonly instances: readonly string[];
  /** null = the instance is in none. */
  readonly group: string | null;
  /** Who is active after a release, or was before a takeover: its address; null = nobody was heard. */
  readonly peer: string | null;
  /** Measured, ms: how long nobody had the addresses; null = it could not be, for nobody else was heard. */
  readonly gapMs: number | null;
  /** Why they did not; null = they did. */
  readonly error: string | null;
}
