/** What is known of a server's health. A failed check is a value, never an exception. */
import type { Load } from './load.js';
import type { RoleReport } from './role.js';

export type VerdictState = 'up' | 'down' | 'unknown';

/** What a server is taken for when it comes to traffic. */
export type CountedState = Exclude<VerdictState, 'unknown'>;

/** The current opinion about one server of one service. */
export interface Verdict {
  readonly state: VerdictState;
  /**
   * What traffic follows: `state` where that is up or down; for `unknown` what the server was before nobody knew, or
   * the service's `initial` when nothing was ever known.
   */
  readonly countsAs: CountedState;
  /** For people: "connect: ECONNREFUSED", "HTTP 503, expected 200", "no check configured". */
  readonly reason: string;
  /** Wall clock, ms since the epoch, of the last change of `state`. */
  readonly sinceMs: number;
  /** Wall clock of the last finished probe; null before the first. */
  readonly checkedAtMs: number | null;
  /** What its checks say of how much it can take; absent where none says anything. */
  readonly load?: Load;
  /** What it says of its part among those that hold the same data; absent where no check asks or nothing was said. */
  readonly role?: RoleReport;
  /** It counts as down for its role alone: but for that it would be up. */
  readonly byRole?: true;
}
