/** What is known of a server's health. A failed check is a value, never an exception. */

export type VerdictState = 'up' | 'down' | 'unknown';

/** The current opinion about one server of one service. */
export interface Verdict {
  readonly state: VerdictState;
  /** For people: "connect: ECONNREFUSED", "HTTP 503, expected 200", "no check configured". */
  readonly reason: string;
  /** Wall clock, ms since the epoch, of the last change of `state`. */
  readonly sinceMs: number;
  /** Wall clock of the last finished probe; null before the first. */
  readonly checkedAtMs: number | null;
}
