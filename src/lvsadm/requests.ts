/** What the options of a command line ask the kernel for, and what it would make no sense to ask. Pure. */
import { IP_VS_SVC_F_ONEPACKET, IP_VS_SVC_F_PERSISTENT } from '../../native/ipvs/constants.js';
import type {
  IpvsDaemonConfig,
  IpvsDestinationKey,
  IpvsRequest,
  IpvsServiceConfig,
  IpvsServiceKey,
} from '../../native/ipvs/types.js';
import type { Draft } from './draft.js';
import { checkTunnelOptions, tunnelOptions } from './rules.js';
import { UsageError } from './usage-error.js';

const defaultScheduler = 'wlc';
const defaultInterface = 'eth0';
/** What fits the kernel's fields; longer names exist nowhere. */
const schedulerLength = 15;
const engineLength = 15;
const interfaceLength = 15;
const udp = 17;

/** The service that the options name. Never throws. */
export function serviceKey(draft: Draft): IpvsServiceKey {
  const { family, fwmark, address, port, protocol } = draft;
  return fwmark > 0 ? { family, fwmark } : { family, protocol: protocol ?? 0, address, port };
}

/** @throws UsageError for port 0 without persistence, and for one-packet scheduling of anything but UDP and marks */
export function serviceConfig(draft: Draft, schedulerFlags: number): IpvsServiceConfig {
  const persistent = draft.given.has('persistent');
  if (draft.fwmark === 0 && draft.port === 0 && !persistent) {
    throw new UsageError('Zero port specified for non-persistent service');
  }
  const onePacket = draft.given.has('ops');
  if (onePacket && draft.fwmark === 0 && draft.protocol !== udp) {
    throw new UsageError('One-Packet Scheduling is only for UDP virtual services');
  }
  return {
    ...serviceKey(draft),
    scheduler: textOr(draft.scheduler, defaultScheduler).slice(0, schedulerLength),
    flags:
      schedulerFlags | (persistent ? IP_VS_SVC_F_PERSISTENT : 0) | (onePacket ? IP_VS_SVC_F_ONEPACKET : 0),
    timeoutSec: draft.persistenceSec,
    netmask: draft.netmask,
    persistenceEngine: textOr(draft.persistenceEngine, null)?.slice(0, engineLength) ?? null,
  };
}

/** The server that the options name. Never throws. */
export function destinationKey(draft: Draft): IpvsDestinationKey {
  return draft.server ?? { family: draft.family, address: draft.address, port: draft.port };
}

/**
 * Direct routing and tunnels keep the port of a service by address: another one is replaced without a word.
 *
 * @throws UsageError for a server of another family without a tunnel, and for tunnel options that do not fit
 */
export function destinationRequest(
  command: 'add-destination' | 'edit-destination',
  draft: Draft,
): IpvsRequest {
  const key = destinationKey(draft);
  const { forwarding, weight, upperThreshold, lowerThreshold } = draft;
  const tunnelled = forwarding === 'tunnel';
  if (key.family !== draft.family && !tunnelled) {
    throw new UsageError('Different address family is allowed only for tunneling servers');
  }
  if (tunnelled) checkTunnelOptions(draft.tunnelType, draft.given);
  else if (tunnelOptions.some((name) => draft.given.has(name))) {
    throw new UsageError('Tunnel options conflict with forward method');
  }
  // field by field, for a file of rules has tens of thousands of them and spreading is slow
  const destination = {
    family: key.family,
    address: key.address,
    port: draft.fwmark === 0 && forwarding !== 'masq' ? draft.port : key.port,
    forwarding,
    weight,
    upperThreshold,
    lowerThreshold,
    tunnel: tunnelled
      ? { type: draft.tunnelType, port: draft.tunnelPort, checksum: draft.tunnelChecksum }
      : null,
  };
  return { command, service: serviceKey(draft), destination };
}

/** What is left out is the kernel's default, but for the interface. Never throws. */
export function daemonConfig(draft: Draft): IpvsDaemonConfig {
  return {
    role: draft.role,
    interface: textOr(draft.interface, defaultInterface).slice(0, interfaceLength),
    syncId: draft.syncId,
    ...(draft.syncMaxLength === null ? {} : { maxLength: draft.syncMaxLength }),
    ...(draft.group === null ? {} : { group: draft.group }),
    ...(draft.groupPort === null ? {} : { port: draft.groupPort }),
    ...(draft.ttl === null ? {} : { ttl: draft.ttl }),
  };
}

/** An empty name is as good as none. */
function textOr<Fallback>(text: string | null, fallback: Fallback): string | Fallback {
  return text === null || text === '' ? fallback : text;
}
