/**
 * Listings as JSON, for programs. The shape is in the man page and only grows. Counters are whole numbers of 64 bits, which
 * readers that keep numbers as floating point round from 2^53 on. Pure.
 */
import type {
  IpvsDaemon,
  IpvsDestination,
  IpvsInfo,
  IpvsServiceKey,
  IpvsStats,
  IpvsTimeouts,
} from '../../native/ipvs/types.js';
import { schedulerFlagNames } from '../../native/ipvs/scheduler-flags.js';
import type { ListedConnection } from './connection-table.js';
import { protocolByNumber } from './protocols.js';
import { isOnePacket, isPersistent } from './service-text.js';
import { formatIpv4Number } from './ipv4-text.js';
import type { ListedService } from './service-table.js';

/** The part before the first service. @param info null where one service alone is listed. Never throws. */
export function servicesHead(info: IpvsInfo | null): string {
  const about =
    info === null
      ? ''
      : `"version":${JSON.stringify(info.version)},"connectionTableSize":${info.connectionTableSize},`;
  return `{${about}"services":[`;
}

/** One service; a line of its own. @param first whether none went before. Never throws. */
export function serviceItem(listed: ListedService, first: boolean): string {
  return `${first ? '' : ','}\n${encode(serviceValue(listed))}`;
}

/** The part before the first connection. */
export const connectionsHead = '{"connections":[';

/** As `serviceItem`. */
export function connectionItem(connection: ListedConnection, first: boolean): string {
  const { protocol, client, virtual, destination, state, expiresSec, peName, peData } = connection;
  const value = {
    protocol: protocol.toLowerCase(),
    client,
    virtual,
    destination,
    state,
    expiresSec,
    persistenceEngine: peName,
    persistenceData: peData,
  };
  return `${first ? '' : ','}\n${encode(value)}`;
}

/** The part behind the last item of a list. Never throws. */
export function listTail(empty: boolean): string {
  return empty ? ']}\n' : '\n]}\n';
}

/** A whole document. Never throws. */
export function timeoutsDocument(timeouts: IpvsTimeouts): string {
  const { tcpSec, tcpFinSec, udpSec } = timeouts;
  return `${encode({ timeouts: { tcpSec, tcpFinSec, udpSec } })}\n`;
}

/** A whole document. Never throws. */
export function daemonsDocument(daemons: readonly IpvsDaemon[]): string {
  const values = daemons.map((daemon) => ({
    role: daemon.role,
    interface: daemon.interface,
    syncId: daemon.syncId,
    maxLength: daemon.maxLength ?? null,
    group: daemon.group ?? null,
    port: daemon.port ?? null,
    ttl: daemon.ttl ?? null,
  }));
  return `${encode({ daemons: values })}\n`;
}

function serviceValue({ service, destinations }: ListedService): Value {
  return {
    ...identity(service),
    scheduler: service.scheduler,
    schedulerFlags: schedulerFlagNames(service.flags, service.scheduler),
    onePacket: isOnePacket(service),
    persistence: isPersistent(service)
      ? { timeoutSec: service.timeoutSec, ...clientMask(service.family, service.netmask) }
      : null,
    persistenceEngine: service.persistenceEngine,
    ...counted(service.stats),
    servers: destinations.map(serverValue),
  };
}

function identity(key: IpvsServiceKey): Record<string, Value> {
  if ('fwmark' in key) return { fwmark: key.fwmark, family: key.family };
  return { protocol: protocolValue(key.protocol), address: key.address, port: key.port, family: key.family };
}

function protocolValue(protocol: number): string {
  return protocolByNumber(protocol)?.name ?? String(protocol);
}

function clientMask(family: string, netmask: number): Record<string, Value> {
  return family === 'ipv6' ? { prefixLength: netmask } : { netmask: formatIpv4Number(netmask) };
}

function serverValue(server: IpvsDestination): Value {
  return {
    address: server.address,
    port: server.port,
    family: server.family,
    forwarding: server.forwarding,
    tunnel: server.forwarding === 'tunnel' ? { ...(server.tunnel ?? ipip) } : null,
    weight: server.weight,
    upperThreshold: server.upperThreshold,
    lowerThreshold: server.lowerThreshold,
    activeConnections: server.activeConnections,
    inactiveConnections: server.inactiveConnections,
    persistentConnections: server.persistentConnections,
    ...counted(server.stats),
  };
}

/** What a kernel too old to tell has. */
const ipip = { type: 'ipip', port: 0, checksum: 'none' } as const;

function counted(stats: IpvsStats): Record<string, Value> {
  const { connections, inPackets, outPackets, inBytes, outBytes } = stats;
  const { connectionsPerSec, inPacketsPerSec, outPacketsPerSec, inBytesPerSec, outBytesPerSec } = stats;
  return {
    stats: { connections, inPackets, outPackets, inBytes, outBytes },
    rates: { connectionsPerSec, inPacketsPerSec, outPacketsPerSec, inBytesPerSec, outBytesPerSec },
  };
}

type Value =
  string | number | bigint | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** JSON.stringify refuses bigint, and would write it as text. */
function encode(value: Value | object): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map((item) => encode(item as Value)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value as Record<string, Value>);
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${encode(field)}`).join(',')}}`;
}
