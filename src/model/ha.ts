/** What a director does for the addresses that it shares with other directors. */
import type { VrrpInstance } from './vrrp-instance.js';

export interface HaSettings {
  /**
   * When lvsd ends without a stop: `release` gives its addresses up at once; `hold` leaves them for the next start.
   */
  readonly onCrash: 'release' | 'hold';
  /** How long the daemon may be silent before every instance is given up, ms. */
  readonly stallLimitMs: number;
  /** In the order of the file, at least one; names are unique. */
  readonly instances: readonly VrrpInstance[];
}
