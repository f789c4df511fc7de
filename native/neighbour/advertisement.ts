/**
 * Unsolicited neighbour advertisements as bytes: what gratuitous ARP is for IPv4. Pure.
 *
 * Shape: [Ethernet 14 B, to 33:33:00:00:00:01][IPv6 40 B: from the address itself to ff02::1, hop limit 255]
 * [ICMPv6 32 B: u8 type | u8 code | u16 checksum | u8 flags | 3 B zero | 16 B target | u8 option | u8 its length in
 * 8 B | 6 B hardware address], big-endian, 86 bytes.
 *
 * @see RFC 4861 section 4.4 (format), 7.2.6 (unsolicited), 7.1.2 (hop limit); RFC 2464 section 7 (Ethernet address)
 */
import { encodeAddress } from '../inet/address.js';
import { ETH_HLEN, ETH_P_IPV6, parseHardwareAddress, startFrame, writeU16 } from './ethernet.js';

/** Bytes of the frame. */
export const ADVERTISEMENT_FRAME_LENGTH = 86;

const IPPROTO_ICMPV6 = 58;
const NEIGHBOUR_ADVERTISEMENT = 136;
/** The receiver drops what a router may have passed on: only the link's own hosts send with 255. */
const HOP_LIMIT = 255;
/** "MUST be zero in multicast advertisements" is the third flag, solicited (0x40). */
const FLAG_ROUTER = 0x80;
const FLAG_OVERRIDE = 0x20;
const TARGET_LINK_LAYER_ADDRESS = 2;

const IP_HEADER = ETH_HLEN;
const IP_SOURCE = IP_HEADER + 8;
const IP_DESTINATION = IP_HEADER + 24;
const ICMP = IP_HEADER + 40;
const ICMP_LENGTH = 32;

const allNodes = 'ff02::1';
const allNodesEthernet = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);

/** What is announced. */
export interface AdvertisedAddress {
  /** Of the interface, `02:00:00:00:00:01`. */
  readonly hardwareAddress: string;
  /** IPv6. */
  readonly address: string;
  /** Whether the interface forwards. Told otherwise, hosts that have it as their gateway look for another. */
  readonly router: boolean;
}

/** Gives the frame, whose override flag has neighbours replace what they know. @throws CodecError when an address is malformed */
export function encodeNeighbourAdvertisement(advertised: AdvertisedAddress): Uint8Array {
  const hardware = parseHardwareAddress(advertised.hardwareAddress);
  const frame = startFrame(ADVERTISEMENT_FRAME_LENGTH, allNodesEthernet, hardware, ETH_P_IPV6);
  frame[IP_HEADER] = 0x60;
  writeU16(frame, IP_HEADER + 4, ICMP_LENGTH);
  frame[IP_HEADER + 6] = IPPROTO_ICMPV6;
  frame[IP_HEADER + 7] = HOP_LIMIT;
  encodeAddress(advertised.address, 'ipv6', frame, IP_SOURCE);
  encodeAddress(allNodes, 'ipv6', frame, IP_DESTINATION);
  frame[ICMP] = NEIGHBOUR_ADVERTISEMENT;
  frame[ICMP + 4] = FLAG_OVERRIDE | (advertised.router ? FLAG_ROUTER : 0);
  encodeAddress(advertised.address, 'ipv6', frame, ICMP + 8);
  frame[ICMP + 24] = TARGET_LINK_LAYER_ADDRESS;
  frame[ICMP + 25] = 1;
  frame.set(hardware, ICMP + 26);
  writeU16(frame, ICMP + 2, checksum(frame));
  return frame;
}

/**
 * Ones' complement of the sum over pseudo-header and message, whose checksum field is still zero.
 *
 * @see RFC 8200 section 8.1
 */
function checksum(frame: Uint8Array): number {
  let sum = ICMP_LENGTH + IPPROTO_ICMPV6;
  for (let offset = IP_SOURCE; offset < frame.length; offset += 2)
    sum += ((frame[offset] ?? 0) << 8) | (frame[offset + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
