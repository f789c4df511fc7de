/** Virtual routers with what a test does not care for. */
import type { InstanceAddress, VrrpInstance } from '../../src/model/vrrp-instance.js';

/** @param prefixed `192.0.2.10/24` */
export function vip(prefixed: string, changes: Partial<InstanceAddress> = {}): InstanceAddress {
  const [address = '', length] = prefixed.split('/');
  return {
    address,
    prefixLength: Number(length),
    interface: 'eth0',
    label: null,
    scope: 'global',
    ...changes,
  };
}

/** Of the family of its first address. */
export function vrrpInstance(changes: Partial<VrrpInstance> = {}): VrrpInstance {
  const addresses = changes.addresses ?? [vip('192.0.2.10/24')];
  return {
    name: 'vi',
    interface: 'eth0',
    family: addresses[0]?.address.includes(':') === true ? 6 : 4,
    vrid: 51,
    version: 3,
    priority: 100,
    advertiseMs: 1000,
    preempt: true,
    preemptDelayMs: 0,
    startDelayMs: 0,
    group: null,
    peers: [],
    source: null,
    password: null,
    checksum: 'pseudo-header',
    addresses,
    announce: { volley: 5, againMs: 5000, refreshMs: null },
    heartbeat: [],
    trackedInterfaces: [],
    ...changes,
  };
}
