/** What a director does for the addresses that it shares with other directors. */
import type { RoleHooks } from './ha-hooks.js';
import type { SyncSettings } from './sync-daemon.js';
import type { Track } from './track.js';
import type { VrrpInstance } from './vrrp-instance.js';

export interface HaSettings {
  /**
   * When lvsd ends without a stop: `release` gives its addresses up at once; `hold` leaves them for the next start.
   */
  readonly onCrash: 'release' | 'hold';
  /** How long the daemon may be silent before every instance is given up, ms. */
  readonly stallLimitMs: number;
  /**
   * Addresses of which one must answer before an instance becomes active while a line to others is silent; empty = that is
   * not asked.
   */
  readonly witness: readonly string[];
  /** The kernel's daemons for connections; null = lvsd starts none. */
  readonly syncDaemon: SyncSettings | null;
  /** In the order of the file, at least one; names are unique. */
  readonly instances: readonly VrrpInstance[];
  /** What they depend on beside interfaces, in the order of the file. */
  readonly tracks: readonly Track[];
  /** Programs that are told of roles: of instances first, in the order of the file. */
  readonly hooks: readonly RoleHooks[];
}
