/**
 * Neighbour solicitations and the advertisements that answer them, as bytes: what ARP questions and answers are for IPv4. Pure.
 *
 * Shape: see ipv6-frame.ts; [u8 135 | u8 0 | u16 checksum | 4 B zero | 16 B target | u8 option 1 | u8 1 | 6 B hardware address] asks,
 * [u8 136 | u8 0 | u16 checksum | flags | 3 B zero | 16 B target | options] answers. Both have the hop limit 255.
 *
 * @see RFC 4861 sections 4.3, 4.4 and 7.1; RFC 4291 section 2.7.1 (solicited-node address); RFC 2464 section 7
 */
import { encodeAddress, formatAddress } from '../inet/address.js';
import { ETH_ALEN, ETH_P_IPV6, formatHardwareAddress, parseHardwareAddress, readU16 } from './ethernet.js';
import { finishIpv6, ICMP, IP_HEADER, IPPROTO_ICMPV6, startIpv6 } from './ipv6-frame.js';

const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const SOURCE_LINK_LAYER_ADDRESS = 1;
const TARGET_LINK_LAYER_ADDRESS = 2;
/** The receiver drops what a router may have passed on. */
const HOP_LIMIT = 255;
const MESSAGE_LENGTH = 32;
/** Type, code, checksum, flags, target: what every advertisement has. */
const FIXED_LENGTH = 24;

export interface NeighbourQuestion {
  /** Of the interface, `02:00:00:00:00:01`. */
  readonly hardwareAddress: string;
  /** Of the interface; neighbours answer to it, and learn it. */
  readonly source: string;
  /** Who has it? */
  readonly address: string;
}

/** Gives the frame that asks who has an address. @throws CodecError when an address is malformed */
export function encodeNeighbourQuestion({ hardwareAddress, source, address }: NeighbourQuestion): Uint8Array {
  const sender = parseHardwareAddress(hardwareAddress);
  const target = new Uint8Array(new ArrayBuffer(16));
  encodeAddress(address, 'ipv6', target, 0);
  const [one = 0, two = 0, three = 0] = target.subarray(13);
  const frame = startIpv6({
    hardwareSource: sender,
    hardwareDestination: Uint8Array.of(0x33, 0x33, 0xff, one, two, three),
    source,
    destination: `ff02::1:ff${hex(one)}:${hex(two)}${hex(three)}`,
    hopLimit: HOP_LIMIT,
    length: MESSAGE_LENGTH,
  });
  frame[ICMP] = SOLICITATION;
  frame.set(target, ICMP + 8);
  frame[ICMP + 24] = SOURCE_LINK_LAYER_ADDRESS;
  frame[ICMP + 25] = 1;
  frame.set(sender, ICMP + 26);
  return finishIpv6(frame);
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** Who has an address. */
export interface NeighbourAnswer {
  readonly address: string;
  /** `02:00:00:00:00:01`. */
  readonly hardwareAddress: string;
}

/** Gives the answer in a frame, or null when it holds none. Never throws. */
export function decodeNeighbourAnswer(frame: Uint8Array): NeighbourAnswer | null {
  if (frame.length < ICMP + FIXED_LENGTH || readU16(frame, 2 * ETH_ALEN) !== ETH_P_IPV6) return null;
  if (frame[IP_HEADER + 6] !== IPPROTO_ICMPV6 || frame[IP_HEADER + 7] !== HOP_LIMIT) return null;
  const answer = decodeAdvertisement(frame, ICMP);
  if (answer === null) return null;
  // where it is left out it is the frame's sender
  const hardwareAddress = answer.hardwareAddress ?? formatHardwareAddress(frame, ETH_ALEN);
  return { address: answer.address, hardwareAddress };
}

/**
 * Gives what the message from `start` to the end advertises, or null when it is no advertisement. Never throws.
 *
 * @returns the hardware address is null where it is left out
 */
export function decodeAdvertisement(
  bytes: Uint8Array,
  start: number,
): { readonly address: string; readonly hardwareAddress: string | null } | null {
  if (bytes.length < start + FIXED_LENGTH) return null;
  if (bytes[start] !== ADVERTISEMENT || bytes[start + 1] !== 0) return null;
  const option = targetOption(bytes, start + FIXED_LENGTH);
  return {
    address: formatAddress(bytes, start + 8, 'ipv6'),
    hardwareAddress: option === null ? null : formatHardwareAddress(bytes, option),
  };
}

/** Where the hardware address of the target is; null where it is left out. */
function targetOption(bytes: Uint8Array, options: number): number | null {
  for (let offset = options; offset + 8 <= bytes.length;) {
    const length = (bytes[offset + 1] ?? 0) * 8;
    if (length === 0) return null;
    if (bytes[offset] === TARGET_LINK_LAYER_ADDRESS) return offset + 2;
    offset += length;
  }
  return null;
}
