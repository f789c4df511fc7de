/** Daemons for connections with what a test does not care for. */
import type { SyncSettings } from '../../src/model/sync-daemon.js';

export function syncSettings(changes: Partial<SyncSettings> = {}): SyncSettings {
  return {
    interface: 'eth1',
    syncId: 51,
    follow: 'vi',
    group: null,
    port: null,
    ttl: null,
    maxLength: null,
    ...changes,
  };
}
