/** Which daemons ought to run: the file and the role of the instance that they follow. Pure. */
import type { SyncDaemon, SyncRole, SyncSettings } from '../../model/sync-daemon.js';
import type { VrrpState } from '../../model/vrrp-role.js';

/**
 * A director that is not active hears of connections whatever keeps it from being so: it may be active next.
 *
 * @param stateOf state of an instance; null = nothing is known of it
 */
export function wantedDaemons(
  settings: SyncSettings | null,
  stateOf: (instance: string) => VrrpState | null,
): readonly SyncDaemon[] {
  if (settings === null) return [];
  const { follow, ...common } = settings;
  const active = follow !== null && stateOf(follow) === 'active';
  const roles: readonly SyncRole[] = follow === null ? ['master', 'backup'] : [active ? 'master' : 'backup'];
  return roles.map((role) => ({ ...common, role }));
}
