/** The IPv4 header that a raw socket delivers in front of what it carries. Pure. @see RFC 791 section 3.1 */

const SHORTEST_HEADER = 20;

/** Where in an IPv4 header they are. */
export const IPV4_TTL = 8;
export const IPV4_SOURCE = 12;
export const IPV4_DESTINATION = 16;

/**
 * Gives where the payload begins, or null when the header is none, or not whole. Never throws.
 *
 * @param end bytes of `packet` that are the packet
 */
export function ipv4PayloadStart(packet: Uint8Array, end: number): number | null {
  const first = packet[0] ?? 0;
  const length = (first & 0x0f) * 4;
  return first >>> 4 === 4 && length >= SHORTEST_HEADER && end >= length ? length : null;
}
