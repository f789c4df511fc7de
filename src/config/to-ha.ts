/** Virtual routers of the file to those of the domain. Input is valid; nothing is judged here. */
import type { HaSettings } from '../model/ha.js';
import type { Announcing, VrrpInstance } from '../model/vrrp-instance.js';
import { instanceFamily } from './instance-family.js';
import { toRoleHooks } from './to-role-hooks.js';
import { toTrackedInterfaces, toTracks } from './to-tracks.js';
import type { TrackFiles } from './track-files.js';
import type { HaConfig, InstanceConfig } from './schema/ha.js';
import type { AnnounceConfig } from './schema/ha-announce.js';
import type { PreemptConfig } from './schema/ha-preempt.js';

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
    instances: config.instances.map((instance, index) => toInstance(instance, passwords[index] ?? null)),
    tracks: config.instances.flatMap((instance, index) => toTracks(instance, tracks[index] ?? [])),
    hooks: toRoleHooks(config.instances, config.groups ?? []),
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
