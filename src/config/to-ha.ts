/** Virtual routers of the file to those of the domain. Input is valid; nothing is judged here. */
import type { HaSettings } from '../model/ha.js';
import type { SyncSettings } from '../model/sync-daemon.js';
import type { Announcing, VrrpInstance } from '../model/vrrp-instance.js';
import { instanceFamily } from './instance-family.js';
import { toRoleHooks } from './to-role-hooks.js';
import { toTrackedInterfaces, toTracks } from './to-tracks.js';
import type { TrackFiles } from './track-files.js';
import type { HaConfig, InstanceConfig } from './schema/ha.js';
import type { AnnounceConfig } from './schema/ha-announce.js';
import type { PreemptConfig } from './schema/ha-preempt.js';
import type { SyncDaemonConfig } from './schema/ha-sync.js';

/** What the files that instances name hold, in the order of the instances. */
export interface HaContents {
  /** null where there is none. */
  readonly passwords: readonly (string | null)[];
  readonly tracks: TrackFiles;
}

export function toHa(config: HaConfig, { passwords, tracks }: HaContents): HaSettings {
  return {
    onCrash: config.on_crash,
    stallLimitMs: config.stall_limit,
    witness: (config.witness ?? []).map(({ text }) => text),
    syncDaemon: config.sync_daemon === undefined ? null : toSync(config.sync_daemon, config.instances),
    instances: config.instances.map((instance, index) => toInstance(instance, passwords[index] ?? null)),
    tracks: config.instances.flatMap((instance, index) => toTracks(instance, tracks[index] ?? [])),
    hooks: toRoleHooks(config.instances, config.groups ?? []),
  };
}

/** The kernel's daemon has a number for its group as an instance has one: one to remember. */
function toSync(config: SyncDaemonConfig, instances: readonly InstanceConfig[]): SyncSettings {
  const followed = instances.find(({ name }) => name === config.follow);
  return {
    interface: config.interface,
    syncId: config.id ?? followed?.vrid ?? 0,
    follow: config.follow ?? null,
    group: config.group?.text ?? null,
    port: config.port ?? null,
    ttl: config.ttl ?? null,
    maxLength: config.maxlen ?? null,
  };
}

function toInstance(config: InstanceConfig, filePassword: string | null): VrrpInstance {
  return {
    name: config.name,
    interface: config.interface,
    family: instanceFamily(config),
    vrid: config.vrid,
    version: config.version === 2 ? 2 : 3,
    priority: config.priority,
    advertiseMs: config.advertise,
    ...toPreempt(config.preempt),
    startDelayMs: config.start_delay,
    group: config.group ?? null,
    peers: (config.peers ?? []).map((peer) => peer.text),
    source: config.source?.text ?? null,
    password: config.password ?? filePassword,
    checksum: config.checksum,
    addresses: config.addresses.map((entry) => ({
      address: entry.address.text,
      prefixLength: entry.address.prefixLength,
      interface: entry.interface ?? config.interface,
      label: entry.label ?? null,
      scope: entry.scope,
    })),
    announce: toAnnouncing(config.announce),
    heartbeat: (config.heartbeat ?? []).map((line) => ({ interface: line.interface, peer: line.peer.text })),
    trackedInterfaces: toTrackedInterfaces(config),
  };
}

function toPreempt(preempt: PreemptConfig): Pick<VrrpInstance, 'preempt' | 'preemptDelayMs'> {
  return typeof preempt === 'boolean'
    ? { preempt, preemptDelayMs: 0 }
    : { preempt: true, preemptDelayMs: preempt.delay };
}

function toAnnouncing({ repeat, delay, refresh }: AnnounceConfig): Announcing {
  return {
    volley: repeat,
    againMs: delay === 'none' ? null : delay,
    refreshMs: refresh === 'none' ? null : refresh,
  };
}
