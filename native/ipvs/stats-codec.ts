/**
 * The two statistics nests: STATS with u32 counts, STATS64 (since 4.1) with u64 everywhere.
 *
 * @see net/netfilter/ipvs/ip_vs_ctl.c (ip_vs_genl_fill_stats, ip_vs_genl_fill_stats64)
 */
import type { AttributeReader } from '../netlink/attribute.js';
import { CodecError } from '../netlink/errors.js';
import * as id from './constants.js';
import type { IpvsStats } from './types.js';

const fields: Readonly<Record<number, keyof IpvsStats>> = {
  [id.IPVS_STATS_ATTR_CONNS]: 'connections',
  [id.IPVS_STATS_ATTR_INPKTS]: 'inPackets',
  [id.IPVS_STATS_ATTR_OUTPKTS]: 'outPackets',
  [id.IPVS_STATS_ATTR_INBYTES]: 'inBytes',
  [id.IPVS_STATS_ATTR_OUTBYTES]: 'outBytes',
  [id.IPVS_STATS_ATTR_CPS]: 'connectionsPerSec',
  [id.IPVS_STATS_ATTR_INPPS]: 'inPacketsPerSec',
  [id.IPVS_STATS_ATTR_OUTPPS]: 'outPacketsPerSec',
  [id.IPVS_STATS_ATTR_INBPS]: 'inBytesPerSec',
  [id.IPVS_STATS_ATTR_OUTBPS]: 'outBytesPerSec',
};
const fieldCount = Object.keys(fields).length;

/**
 * Decodes either nest: a counter of 4 or of 8 bytes, unsigned, whatever the nest's name promises.
 *
 * @throws CodecError when a counter is missing or of another size
 */
export function decodeStats(attributes: AttributeReader): IpvsStats {
  const stats: Partial<Record<keyof IpvsStats, bigint>> = {};
  while (attributes.next()) {
    const field = fields[attributes.type];
    // id 11 is padding, and later kernels may count more
    if (field === undefined) continue;
    stats[field] = attributes.length === 4 ? BigInt(attributes.u32(field)) : attributes.u64(field);
  }
  const got = Object.keys(stats).length;
  if (got !== fieldCount) {
    throw new CodecError({
      what: 'statistics',
      offset: 0,
      expected: `${fieldCount} counters`,
      got: `${got}`,
    });
  }
  return stats as IpvsStats;
}
