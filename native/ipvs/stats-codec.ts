/**
 * The two statistics nests: STATS with u32 counts, STATS64 (since 4.1) with u64 everywhere.
 *
 * @see net/netfilter/ipvs/ip_vs_ctl.c (ip_vs_genl_fill_stats, ip_vs_genl_fill_stats64)
 */
import type { AttributeReader } from '../netlink/attribute.js';
import { CodecError } from '../netlink/errors.js';
import * as id from './constants.js';
import type { IpvsStats } from './types.js';

/** Ids run from 1 without a gap. Id 11 is padding, and later kernels may count more. */
const counterCount = id.IPVS_STATS_ATTR_OUTBPS;

/**
 * Decodes either nest: counters of 4 or of 8 bytes, unsigned, whatever the nest's name promises.
 *
 * @throws CodecError when a counter is missing or of another size
 */
export function decodeStats(attributes: AttributeReader): IpvsStats {
  const counters = new Array<bigint | null>(counterCount + 1).fill(null);
  while (attributes.next()) {
    const { type } = attributes;
    if (type > counterCount) continue;
    counters[type] =
      attributes.length === 4 ? BigInt(attributes.u32('32-bit counter')) : attributes.u64('64-bit counter');
  }
  return {
    connections: counter(counters, id.IPVS_STATS_ATTR_CONNS),
    inPackets: counter(counters, id.IPVS_STATS_ATTR_INPKTS),
    outPackets: counter(counters, id.IPVS_STATS_ATTR_OUTPKTS),
    inBytes: counter(counters, id.IPVS_STATS_ATTR_INBYTES),
    outBytes: counter(counters, id.IPVS_STATS_ATTR_OUTBYTES),
    connectionsPerSec: counter(counters, id.IPVS_STATS_ATTR_CPS),
    inPacketsPerSec: counter(counters, id.IPVS_STATS_ATTR_INPPS),
    outPacketsPerSec: counter(counters, id.IPVS_STATS_ATTR_OUTPPS),
    inBytesPerSec: counter(counters, id.IPVS_STATS_ATTR_INBPS),
    outBytesPerSec: counter(counters, id.IPVS_STATS_ATTR_OUTBPS),
  };
}

function counter(counters: readonly (bigint | null)[], type: number): bigint {
  const value = counters[type] ?? null;
  if (value !== null) return value;
  throw new CodecError({ what: `counter ${type}`, offset: 0, expected: 'an attribute', got: 'none' });
}
