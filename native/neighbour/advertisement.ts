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
import { parseHardwareAddress } from './ethernet.js';
import { finishIpv6, ICMP, startIpv6 } from './ipv6-frame.js';

/** Bytes of the frame. */
export const ADVERTISEMENT_FRAME_LENGTH = 86;

const NEIGHBOUR_ADVERTISEMENT = 136;
/** The receiver drops what a router may have passed on: only the link's own hosts send with 255. */
const HOP_LIMIT = 255;
/** "MUST be zero in multicast advertisements" is the third flag, solicited (0x40). */
const FLAG_ROUTER = 0x80;
const FLAG_OVERRIDE = 0x20;
const TARGET_LINK_LAYER_ADDRESS = 2;

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
  const frame = startIpv6({
    hardwareSource: hardware,
    hardwareDestination: allNodesEthernet,
    source: advertised.address,
    destination: allNodes,
    hopLimit: HOP_LIMIT,
    length: ICMP_LENGTH,
  });
  frame[ICMP] = NEIGHBOUR_ADVERTISEMENT;
  frame[ICMP + 4] = FLAG_OVERRIDE | (advertised.router ? FLAG_ROUTER : 0);
  encodeAddress(advertised.address, 'ipv6', frame, ICMP + 8);
  frame[ICMP + 24] = TARGET_LINK_LAYER_ADDRESS;
  frame[ICMP + 25] = 1;
  frame.set(hardware, ICMP + 26);
  return finishIpv6(frame);
}
