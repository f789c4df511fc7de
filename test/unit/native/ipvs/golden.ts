/** What the tests of native/ipvs share: services and servers, and messages of a kernel that are built by hand. */
import { AttributeReader } from '../../../../native/netlink/attribute.js';
import { Reader } from '../../../../native/netlink/reader.js';
import type { IpvsDestinationConfig, IpvsServiceConfig, IpvsStats } from '../../../../native/ipvs/types.js';
import { attribute, concat, u16, u16be, u32, u64 } from '../../../support/scripted-messages.js';

export const tcpService: IpvsServiceConfig = {
  family: 'ipv4',
  protocol: 6,
  address: '10.0.0.100',
  port: 80,
  scheduler: 'wrr',
  flags: 0,
  timeoutSec: 0,
  netmask: 0xffffffff,
  persistenceEngine: null,
};

export const fwmarkService: IpvsServiceConfig = {
  family: 'ipv6',
  fwmark: 7,
  scheduler: 'sh',
  flags: 0x18,
  timeoutSec: 0,
  netmask: 128,
  persistenceEngine: null,
};

export const natServer: IpvsDestinationConfig = {
  family: 'ipv4',
  address: '10.0.0.1',
  port: 8080,
  forwarding: 'masq',
  weight: 5,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnel: null,
};

/** Stands before the first of these attributes. */
export function readerOf(...attributes: readonly Uint8Array[]): AttributeReader {
  const bytes = concat(...attributes);
  return new AttributeReader(new Reader(bytes), 0, bytes.length);
}

/** 4 bytes of an IPv4 address, or 16 of IPv6, in 16 as the kernel sends them. */
export function union(...bytes: readonly number[]): Uint8Array {
  const all = new Uint8Array(16);
  all.set(bytes);
  return all;
}

const statsNames: readonly (keyof IpvsStats)[] = [
  'connections',
  'inPackets',
  'outPackets',
  'inBytes',
  'outBytes',
  'connectionsPerSec',
  'inPacketsPerSec',
  'outPacketsPerSec',
  'inBytesPerSec',
  'outBytesPerSec',
];

/** Ten different counters from `first` on. */
export function statsFrom(first: bigint): IpvsStats {
  const entries = statsNames.map((name, index) => [name, first + BigInt(index)] as const);
  return Object.fromEntries(entries) as Record<keyof IpvsStats, bigint>;
}

/** The nest STATS64 of `statsFrom(first)`, without its header. */
export function stats64Nest(first: bigint): Uint8Array {
  return concat(...statsNames.map((_, index) => attribute(index + 1, u64(first + BigInt(index)))));
}

/** The nest STATS of `statsFrom(first)`: bytes in 64 bits, everything else in 32. */
export function statsNest(first: bigint): Uint8Array {
  return concat(
    ...statsNames.map((_, index) => {
      const value = first + BigInt(index);
      const bytes = index === 3 || index === 4;
      return attribute(index + 1, bytes ? u64(value) : u32(Number(value & 0xffffffffn)));
    }),
  );
}

/** Attributes of `tcpService` as a kernel sends them, by their ids. */
export const tcpServiceAttributes: Readonly<Record<number, Uint8Array>> = {
  1: attribute(1, u16(2)),
  2: attribute(2, u16(6)),
  3: attribute(3, union(10, 0, 0, 100)),
  4: attribute(4, u16be(80)),
  6: attribute(6, Uint8Array.from(Buffer.from('wrr\0'))),
  7: attribute(7, u32(0x2), u32(0xffffffff)),
  8: attribute(8, u32(0)),
  9: attribute(9, u32(0xffffffff)),
  10: attribute(10, statsNest(100n)),
  12: attribute(12, stats64Nest(2n ** 53n + 1n)),
};

/** Attributes of `natServer` as a kernel sends them, by their ids. */
export const natServerAttributes: Readonly<Record<number, Uint8Array>> = {
  1: attribute(1, union(10, 0, 0, 1)),
  2: attribute(2, u16be(8080)),
  3: attribute(3, u32(0)),
  4: attribute(4, u32(5)),
  5: attribute(5, u32(0)),
  6: attribute(6, u32(0)),
  7: attribute(7, u32(11)),
  8: attribute(8, u32(12)),
  9: attribute(9, u32(13)),
  10: attribute(10, statsNest(100n)),
  11: attribute(11, u16(2)),
  12: attribute(12, stats64Nest(2n ** 53n + 1n)),
  13: attribute(13, Uint8Array.of(0)),
  14: attribute(14, u16be(0)),
  15: attribute(15, u16(0)),
};

/** All of them but the given ids, which a test leaves out or puts others in place of. */
export function without(attributes: Readonly<Record<number, Uint8Array>>, ...ids: number[]): Uint8Array {
  const kept = Object.entries(attributes).filter(([id]) => !ids.includes(Number(id)));
  return concat(...kept.map(([, bytes]) => bytes));
}
