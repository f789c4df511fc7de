/**
 * IPv6 packets in frames as bytes, ICMPv6 above all. Pure.
 *
 * Shape: [Ethernet 14 B][IPv6 40 B: version and flow 4 B | u16 length | u8 next header | u8 hop limit | source | destination]
 * [payload; ICMPv6: u8 type | u8 code | u16 checksum | ...], big-endian.
 *
 * @see RFC 8200 section 3 and 8.1 (pseudo-header); RFC 4443 section 2.3 (checksum)
 */
import { encodeAddress } from '../inet/address.js';
import { ETH_HLEN, ETH_P_IPV6, readU16, startFrame, writeU16 } from './ethernet.js';

export const IPPROTO_ICMPV6 = 58;
/** Where the parts begin. */
export const IP_HEADER = ETH_HLEN;
export const IP_SOURCE = IP_HEADER + 8;
export const IP_DESTINATION = IP_HEADER + 24;
export const ICMP = IP_HEADER + 40;

/** The head of a packet whose payload is still to be written, and finished by `finishIpv6`. */
export interface Ipv6Head {
  readonly hardwareSource: Uint8Array;
  readonly hardwareDestination: Uint8Array;
  /** IPv6. */
  readonly source: string;
  readonly destination: string;
  readonly hopLimit: number;
  /** Of the payload; default ICMPv6. */
  readonly protocol?: number;
  /** Bytes of the payload; even. */
  readonly length: number;
}

/** Room for the whole frame, its heads written, the payload zero. @throws CodecError when an address is malformed */
export function startIpv6(head: Ipv6Head): Uint8Array {
  const { hardwareDestination, hardwareSource, length } = head;
  const frame = startFrame(ICMP + length, hardwareDestination, hardwareSource, ETH_P_IPV6);
  frame[IP_HEADER] = 0x60;
  writeU16(frame, IP_HEADER + 4, length);
  frame[IP_HEADER + 6] = head.protocol ?? IPPROTO_ICMPV6;
  frame[IP_HEADER + 7] = head.hopLimit;
  encodeAddress(head.source, 'ipv6', frame, IP_SOURCE);
  encodeAddress(head.destination, 'ipv6', frame, IP_DESTINATION);
  return frame;
}

/** Where ICMPv6 has its checksum, in its message. */
const ICMP_CHECKSUM = 2;

/** Writes the checksum, last of all. @param offset where it is in the payload; default as in ICMPv6. Never throws. */
export function finishIpv6(frame: Uint8Array, offset = ICMP_CHECKSUM): Uint8Array {
  let sum = frame.length - ICMP + (frame[IP_HEADER + 6] ?? 0);
  for (let at = IP_SOURCE; at < frame.length; at += 2) sum += readU16(frame, at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  writeU16(frame, ICMP + offset, ~sum & 0xffff);
  return frame;
}
