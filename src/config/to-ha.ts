/** Virtual routers of the file to those of the domain. Input is valid; nothing is judged here. */
import type { HaSettings } from '../model/ha.js';
import type { Announcing, VrrpInstance } from '../model/vrrp-instance.js';
import { instanceFamily } from './instance-family.js';
import { toRoleHooks } from './to-role-hooks.js';
import type { HaConfig, InstanceConfig } from './schema/ha.js';

/** As keepalived's defaults. */
const ANNOUNCING: Announcing = { volley: 5, againMs: 5000, refreshMs: null };

/** @param passwords those of the files that instances name, in the order of the instances; null where there is none */
export function toHa(config: HaConfig, passwords: readonly (string | null)[]): HaSettings {
  return {
    onCrash: config.on_crash,
    stallLimitMs: config.stall_limit,
    witness: [],
    instances: config.instances.map((instance, index) => toInstance(instance, passwords[index] ?? null)),
    tracks: [],
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
    preempt: config.preempt,
    preemptDelayMs: 0,
    startDelayMs: 0,
    group: null,
    peers: (config.peers ?? []).map((peer) => peer.text),
    source: config.source?.text ?? null,
    password: config.password ?? filePassword,
    checksum: config.checksum,
    addresses: config.addresses.map((entry) => ({
      address: entry.address.text,
      prefixLength: entry.address.prefixLength,
      interface: entry.interface ?? config.interface,
      label: null,
      scope: 'global',
    })),
    announce: ANNOUNCING,
    heartbeat: [],
    trackedInterfaces: [],
  };
}
