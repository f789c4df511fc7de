/** Services and servers of the userspace table in the kernel's words, so that one code writes both tables. Pure. */
import { IP_VS_SVC_F_ONEPACKET, IP_VS_SVC_F_PERSISTENT } from '../../native/ipvs/constants.js';
import { schedulerFlags } from '../../native/ipvs/scheduler-flags.js';
import type {
  IpvsDestination,
  IpvsFamily,
  IpvsForwarding,
  IpvsService,
  IpvsServiceKey,
  IpvsStats,
} from '../../native/ipvs/types.js';
import type { TableEntry } from '../api/protocol.js';
import type { ObservedServer, TrafficCounters } from '../dataplane/types.js';
import type { PlaneRates } from '../model/rates.js';
import type { ForwardingMethod } from '../model/real-server.js';
import type { Protocol, ServiceAddress } from '../model/service-address.js';
import type { ServiceSettings } from '../model/virtual-service.js';
import { canonicalIpv6 } from './endpoint.js';
import { protocolByListedName } from './protocols.js';

const IPV4_BITS = 32;
const IPV6_BITS = 128;
const ALL_ONES = 0xffffffff;

const forwardings = { nat: 'masq', dr: 'droute', tun: 'tunnel', local: 'local' } as const satisfies Record<
  ForwardingMethod,
  IpvsForwarding
>;

/** The service of an entry; one of several addresses goes by the first of them. Never throws. */
export function ipvsService(entry: TableEntry): IpvsService {
  const { settings, counters, rates } = entry;
  const key = ipvsKey(entry.address);
  return {
    ...key,
    scheduler: settings.scheduler,
    flags: flagBits(settings),
    timeoutSec: settings.persistence?.timeoutSec ?? 0,
    netmask: netmaskOf(settings.persistence?.prefixLength, key.family),
    persistenceEngine: settings.persistence?.engine ?? null,
    stats: statsOf(counters, rates),
  };
}

/** Never throws. */
export function ipvsDestination(server: ObservedServer): IpvsDestination {
  return {
    family: familyOf(server.family),
    address: canonicalIpv6(server.address) ?? server.address,
    port: server.port,
    forwarding: forwardings[server.forwarding],
    weight: server.weight,
    upperThreshold: server.upperThreshold,
    lowerThreshold: server.lowerThreshold,
    tunnel: null,
    activeConnections: server.activeConnections,
    inactiveConnections: server.inactiveConnections,
    persistentConnections: server.persistentConnections ?? 0,
    stats: statsOf(server.counters, server.rates),
  };
}

function ipvsKey(address: ServiceAddress): IpvsServiceKey {
  const family = familyOf(address.family);
  switch (address.kind) {
    case 'fwmark':
      return { family, fwmark: address.mark };
    case 'address':
      return endpointKey(family, address.protocol, address.address, address.port);
    case 'match': {
      const [first] = address.rules;
      return endpointKey(family, address.protocol, first?.address ?? '', first?.firstPort ?? 0);
    }
  }
}

function endpointKey(family: IpvsFamily, protocol: Protocol, address: string, port: number): IpvsServiceKey {
  const number = protocolByListedName(protocol.toUpperCase())?.number ?? 0;
  return { family, protocol: number, address: canonicalIpv6(address) ?? address, port };
}

function familyOf(family: 4 | 6): IpvsFamily {
  return family === 4 ? 'ipv4' : 'ipv6';
}

function flagBits({ scheduler, schedulerFlags: names, persistence, onePacket }: ServiceSettings): number {
  const ofScheduler = names.map(
    (name) =>
      schedulerFlags.find((flag) => flag.name === name && (flag.scheduler ?? scheduler) === scheduler)?.bit ??
      0,
  );
  const ofService = [
    persistence === null ? 0 : IP_VS_SVC_F_PERSISTENT,
    onePacket ? IP_VS_SVC_F_ONEPACKET : 0,
  ];
  return [...ofService, ...ofScheduler].reduce((bits, bit) => bits | bit, 0);
}

function netmaskOf(prefixLength: number | undefined, family: IpvsFamily): number {
  if (family === 'ipv6') return prefixLength ?? IPV6_BITS;
  const hostBits = IPV4_BITS - (prefixLength ?? IPV4_BITS);
  return hostBits >= IPV4_BITS ? 0 : (ALL_ONES << hostBits) >>> 0;
}

function statsOf(counters: TrafficCounters, rates: PlaneRates | undefined): IpvsStats {
  return {
    connections: BigInt(counters.connections),
    inPackets: BigInt(counters.packetsIn ?? 0),
    outPackets: BigInt(counters.packetsOut ?? 0),
    inBytes: BigInt(counters.bytesIn),
    outBytes: BigInt(counters.bytesOut),
    connectionsPerSec: BigInt(rates?.connections ?? 0),
    inPacketsPerSec: BigInt(rates?.packetsIn ?? 0),
    outPacketsPerSec: BigInt(rates?.packetsOut ?? 0),
    inBytesPerSec: BigInt(rates?.bytesIn ?? 0),
    outBytesPerSec: BigInt(rates?.bytesOut ?? 0),
  };
}
