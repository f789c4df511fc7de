/**
 * Services and servers between the domain's words and the kernel's. Pure.
 *
 * To the kernel only what it can take goes, with a Refusal for the rest. From the kernel everything comes, also what
 * somebody else put there and lvsd has no word for: it must be seen, compared and deletable.
 */
import type { TableServer } from '../../model/desired-state.js';
import type { ForwardingMethod, Tunnel } from '../../model/real-server.js';
import { isSchedulerModule } from '../../model/scheduler-names.js';
import type { Persistence, ServiceSettings } from '../../model/virtual-service.js';
import { IP_VS_SVC_F_ONEPACKET, IP_VS_SVC_F_PERSISTENT } from '../../../native/ipvs/constants.js';
import { schedulerFlagNames, schedulerFlags } from '../../../native/ipvs/scheduler-flags.js';
import type {
  IpvsDestinationConfig,
  IpvsDestinationEntry,
  IpvsFamily,
  IpvsForwarding,
  IpvsServiceSettings,
  IpvsTunnel,
} from '../../../native/ipvs/types.js';
import { canonicalAddress, fromIpvsDestinationKey, fromIpvsFamily, toIpvsFamily } from './convert-keys.js';
import { refusal } from './refusal.js';

const IPV4_BITS = 32;
const IPV6_BITS = 128;
const ALL_ONES = 0xffffffff;

const toForwarding = {
  nat: 'masq',
  dr: 'droute',
  tun: 'tunnel',
  local: 'local',
} as const satisfies Record<ForwardingMethod, IpvsForwarding>;

const fromForwarding: Readonly<Record<IpvsForwarding, ForwardingMethod>> = {
  masq: 'nat',
  droute: 'dr',
  tunnel: 'tun',
  local: 'local',
  // A packet that passes without a server; it is nobody's choice, and only the kernel sets it.
  bypass: 'bypass' as ForwardingMethod,
};

/**
 * The settings as an add or an edit gives them to the kernel: whole, so an edit resets what is not named.
 *
 * @throws Refusal `ERR_UNSUPPORTED` for a custom scheduler module, and for a flag that no bit stands for
 */
export function toIpvsSettings(settings: ServiceSettings, family: IpvsFamily): IpvsServiceSettings {
  const { scheduler, persistence, onePacket } = settings;
  if (isSchedulerModule(scheduler)) {
    throw refusal('ERR_UNSUPPORTED', 'custom scheduler modules run on the userspace plane only');
  }
  return {
    scheduler,
    flags:
      (persistence === null ? 0 : IP_VS_SVC_F_PERSISTENT) |
      (onePacket ? IP_VS_SVC_F_ONEPACKET : 0) |
      flagBits(settings),
    timeoutSec: persistence?.timeoutSec ?? 0,
    netmask: toNetmask(persistence?.prefixLength, family),
    persistenceEngine: persistence?.engine ?? null,
  };
}

/**
 * The settings of a service in the table.
 *
 * A mask that is no prefix (`ipvsadm -M 255.0.255.0`) has the prefix length 0, which is never configured. Engines and
 * timeouts of services that are not persistent have no effect and are left out.
 */
export function fromIpvsSettings(entry: IpvsServiceSettings, family: IpvsFamily): ServiceSettings {
  const { scheduler, flags } = entry;
  return {
    scheduler,
    schedulerFlags: schedulerFlagNames(flags, scheduler).sort(),
    persistence: (flags & IP_VS_SVC_F_PERSISTENT) === 0 ? null : fromPersistence(entry, family),
    onePacket: (flags & IP_VS_SVC_F_ONEPACKET) !== 0,
  };
}

function fromPersistence(entry: IpvsServiceSettings, family: IpvsFamily): Persistence {
  const { timeoutSec, netmask, persistenceEngine } = entry;
  const prefixLength = family === 'ipv4' ? prefixOfMask(netmask) : netmask;
  if (persistenceEngine === null) return { timeoutSec, prefixLength };
  // The kernel may have an engine that lvsd does not know.
  return { timeoutSec, prefixLength, engine: persistenceEngine as 'sip' };
}

function flagBits({ scheduler, schedulerFlags: names }: ServiceSettings): number {
  let bits = 0;
  for (const name of names) {
    const flag = schedulerFlags.find((it) => it.name === name);
    if (flag === undefined || (flag.scheduler ?? scheduler) !== scheduler) {
      throw refusal('ERR_UNSUPPORTED', `scheduler ${scheduler} has no flag ${name}`);
    }
    bits |= flag.bit;
  }
  return bits;
}

/** The kernel wants a mask from services that are not persistent, too. */
function toNetmask(prefixLength: number | undefined, family: IpvsFamily): number {
  if (family === 'ipv6') return prefixLength ?? IPV6_BITS;
  const hostBits = IPV4_BITS - (prefixLength ?? IPV4_BITS);
  return hostBits >= IPV4_BITS ? 0 : (ALL_ONES << hostBits) >>> 0;
}

/** 0xffffff00 is 24; 0 where the ones are not all in front. */
function prefixOfMask(mask: number): number {
  const zeros = ~mask >>> 0;
  // Of zeros in front, ones behind, one more is a power of two.
  return (zeros & (zeros + 1)) === 0 ? Math.clz32(zeros) : 0;
}

/** The server as an add or an edit gives it to the kernel. Never throws. */
export function toIpvsDestination(server: TableServer): IpvsDestinationConfig {
  return {
    family: toIpvsFamily(server.family),
    address: server.address,
    port: server.port,
    forwarding: toForwarding[server.forwarding],
    weight: server.weight,
    upperThreshold: server.upperThreshold,
    lowerThreshold: server.lowerThreshold,
    tunnel: server.forwarding === 'tun' ? toIpvsTunnel(server.tunnel) : null,
  };
}

/** Ports belong to gue alone, checksums not to ipip: what else the file says of them would make every look a difference. */
function toIpvsTunnel(tunnel: Tunnel | null): IpvsTunnel | null {
  if (tunnel === null) return null;
  const { type, port, checksum } = tunnel;
  return { type, port: type === 'gue' ? port : 0, checksum: type === 'ipip' ? 'none' : checksum };
}

/** A server of the table. A weight above 65535, which ipvsadm can set, stays as it is. Never throws. */
export function fromIpvsDestination(entry: IpvsDestinationEntry): TableServer {
  const key = fromIpvsDestinationKey(entry);
  return {
    name: key,
    key,
    family: fromIpvsFamily(entry.family),
    address: canonicalAddress(entry.address),
    port: entry.port,
    weight: entry.weight,
    forwarding: fromForwarding[entry.forwarding],
    // The kernel tells a tunnel of every server, and one too old to tell has ipip alone.
    tunnel: entry.forwarding === 'tunnel' ? (entry.tunnel as Tunnel | null) : null,
    upperThreshold: entry.upperThreshold,
    lowerThreshold: entry.lowerThreshold,
  };
}
