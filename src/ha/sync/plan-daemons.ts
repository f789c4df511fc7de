/** What is to be done so that the daemons that ought to run do, and no others. Pure. */
import { SYNC_ROLES, type SyncDaemon, type SyncRole } from '../../model/sync-daemon.js';

export type SyncStep =
  | { readonly kind: 'start'; readonly daemon: SyncDaemon }
  | {
      readonly kind: 'stop';
      readonly role: SyncRole;
      /** It runs again at once, with other settings: the field that differs, for people; null = it is not wanted. */
      readonly differs: string | null;
    };

const FIELDS = ['interface', 'syncId', 'group', 'port', 'ttl', 'maxLength'] as const;

/**
 * Compares with what runs. A field that is null on either side differs from nothing.
 *
 * The kernel changes no daemon that runs: one with other settings is stopped and started. One that is wanted is started
 * before one that is not is stopped, so that a director that becomes active tells of connections from the first moment on.
 *
 * @param wanted, running at most one of each role
 */
export function planDaemons(
  wanted: readonly SyncDaemon[],
  running: readonly SyncDaemon[],
): readonly SyncStep[] {
  const starts = wanted.flatMap((daemon): SyncStep[] => {
    const now = running.find(({ role }) => role === daemon.role);
    if (now === undefined) return [{ kind: 'start', daemon }];
    const differs = FIELDS.find((field) => differ(daemon[field], now[field]));
    return differs === undefined
      ? []
      : [
          {
            kind: 'stop',
            role: daemon.role,
            differs: `${differs} is ${now[differs]}, not ${daemon[differs]}`,
          },
          { kind: 'start', daemon },
        ];
  });
  const surplus = SYNC_ROLES.filter((role) => has(running, role) && !has(wanted, role));
  return [...starts, ...surplus.map((role): SyncStep => ({ kind: 'stop', role, differs: null }))];
}

function differ(one: string | number | null, other: string | number | null): boolean {
  return one !== null && other !== null && one !== other;
}

function has(daemons: readonly SyncDaemon[], wanted: SyncRole): boolean {
  return daemons.some(({ role }) => role === wanted);
}
