/** The kernel's client in a namespace of its own, and requests to give it in few words. */
import assert from 'node:assert/strict';
import { IpvsClient } from '../../../native/ipvs/client.js';
import { IPPROTO_TCP, IPPROTO_UDP } from '../../../native/ipvs/constants.js';
import { IpvsError } from '../../../native/ipvs/errors.js';
import type {
  IpvsAddressKey,
  IpvsDestinationConfig,
  IpvsFamily,
  IpvsFwmarkKey,
  IpvsServiceKey,
  IpvsServiceSettings,
  IpvsStats,
} from '../../../native/ipvs/types.js';
import { openDescriptors } from '../../../native/libc/descriptor.js';
import { inNewNamespace } from './namespace.js';

/** Runs `body` with a client in a new namespace, and expects that as many descriptors are open afterwards as before. */
export async function withIpvsClient<Result>(
  body: (client: IpvsClient) => Result | Promise<Result>,
): Promise<Result> {
  return inNewNamespace(async () => {
    const before = openDescriptors();
    const client = IpvsClient.open();
    try {
      return await body(client);
    } finally {
      client.close();
      assert.equal(openDescriptors(), before, 'open descriptors');
    }
  });
}

/** Counters of what has seen no packet. */
export const noTraffic: IpvsStats = {
  connections: 0n,
  inPackets: 0n,
  outPackets: 0n,
  inBytes: 0n,
  outBytes: 0n,
  connectionsPerSec: 0n,
  inPacketsPerSec: 0n,
  outPacketsPerSec: 0n,
  inBytesPerSec: 0n,
  outBytesPerSec: 0n,
};

function familyOf(address: string): IpvsFamily {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** Scheduled by `rr`, not persistent. */
function settings(family: IpvsFamily, changes: Partial<IpvsServiceSettings>): IpvsServiceSettings {
  const netmask = family === 'ipv4' ? 0xffffffff : 128;
  return { scheduler: 'rr', flags: 0, timeoutSec: 0, netmask, persistenceEngine: null, ...changes };
}

export function tcpKey(address: string, port: number): IpvsAddressKey {
  return { family: familyOf(address), protocol: IPPROTO_TCP, address, port };
}

export function tcpService(
  address: string,
  port: number,
  changes: Partial<IpvsServiceSettings> = {},
): IpvsAddressKey & IpvsServiceSettings {
  const key = tcpKey(address, port);
  return { ...key, ...settings(key.family, changes) };
}

export function udpService(
  address: string,
  port: number,
  changes: Partial<IpvsServiceSettings> = {},
): IpvsAddressKey & IpvsServiceSettings {
  return { ...tcpService(address, port, changes), protocol: IPPROTO_UDP };
}

export function fwmarkService(
  family: IpvsFamily,
  fwmark: number,
  changes: Partial<IpvsServiceSettings> = {},
): IpvsFwmarkKey & IpvsServiceSettings {
  return { family, fwmark, ...settings(family, changes) };
}

/** By address translation, with weight 1 and no limits. */
export function destination(
  address: string,
  port: number,
  changes: Partial<IpvsDestinationConfig> = {},
): IpvsDestinationConfig {
  return {
    family: familyOf(address),
    address,
    port,
    forwarding: 'masq',
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnel: null,
    ...changes,
  };
}

/** What identifies the service, alone. */
export function keyOf(service: IpvsServiceKey): IpvsServiceKey {
  const { family } = service;
  if ('fwmark' in service) return { family, fwmark: service.fwmark };
  return { family, protocol: service.protocol, address: service.address, port: service.port };
}

/** The error that `action` is refused with. */
export function refusal(action: () => unknown): IpvsError {
  try {
    action();
  } catch (error) {
    if (error instanceof IpvsError) return error;
    throw error;
  }
  assert.fail('was not refused');
}
