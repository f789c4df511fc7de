/** The daemons for connections: whom they follow, and which services they go with. */
import type { HaDraft, Spot } from '../draft.js';
import type { SyncDaemonConfig } from '../schema/ha-sync.js';
import type { JudgedService, Verdicts } from './rule.js';

/** Refuses what contradicts; never throws. */
export function judgeSyncDaemon(
  { spot: place, config }: HaDraft,
  services: readonly JudgedService[],
  verdicts: Verdicts,
): void {
  const sync = config.sync_daemon;
  if (sync === undefined) return;
  const spot = { file: place.file, path: [...place.path, 'sync_daemon'] };
  judgeFollow(sync, spot, new Set(config.instances.map(({ name }) => name)), verdicts);
  for (const service of services) judgeService(service, verdicts);
  if (services.every(({ planes }) => !planes.kernel)) {
    verdicts.refuseKey(spot, [], {
      rule: 'sync-without-kernel',
      message: 'sync daemons tell of connections of the kernel plane, and no service is on it',
      hint: 'remove sync_daemon',
    });
  }
}

function judgeFollow(
  { follow, role, id }: SyncDaemonConfig,
  spot: Spot,
  names: ReadonlySet<string>,
  verdicts: Verdicts,
): void {
  if ((follow === undefined) === (role === undefined)) {
    verdicts.refuseKey(spot, role === undefined ? [] : ['role'], {
      rule: 'sync-role',
      message: 'sync_daemon has either follow or role',
      hint: 'follow: the name of an instance; role: both where each director is active for something',
    });
  } else if (follow !== undefined && !names.has(follow)) {
    verdicts.refuse(spot, ['follow'], {
      rule: 'unknown-instance',
      message: `there is no instance "${follow}"`,
      hint: `one of ${[...names].join(', ')}`,
    });
  } else if (role !== undefined && id === undefined) {
    verdicts.refuseKey(spot, ['role'], {
      rule: 'sync-id',
      message: 'with role: both there is no instance whose vrid could be the id',
      hint: 'write id: and a number from 0 to 255, the same on all directors',
    });
  }
}

/** The kernel refuses the one while there is the other, whichever comes first. */
function judgeService({ address, servers, config, planes }: JudgedService, verdicts: Verdicts): void {
  if (address === null || !planes.kernel) return;
  const other = servers.find((server) => server.config.address.family !== address.family);
  if (other === undefined) return;
  verdicts.refuse(other.spot, ['address'], {
    rule: 'sync-family',
    message: `the server ${other.key} is of another family than the service "${config.name}", which the kernel refuses beside a sync daemon`,
    hint: 'give the service servers of its own family, or remove ha.sync_daemon',
  });
}
