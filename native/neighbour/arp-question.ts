/**
 * ARP questions and answers as bytes. Pure. Shape: see arp.ts.
 *
 * A question whose sender's address is 0.0.0.0 asks without claiming an address: no neighbour learns from it.
 *
 * @see RFC 826; RFC 5227 section 1.1 (probe)
 */
import { encodeAddress, formatAddress } from '../inet/address.js';
import { ARP_FRAME_LENGTH } from './arp.js';
import {
  ETH_ALEN,
  ETH_HLEN,
  ETH_P_ARP,
  formatHardwareAddress,
  parseHardwareAddress,
  readU16,
  startFrame,
  writeU16,
} from './ethernet.js';

const ETH_P_IP = 0x0800;
const ARPHRD_ETHER = 1;
const ARPOP_REQUEST = 1;
const ARPOP_REPLY = 2;
const broadcast = new Uint8Array(ETH_ALEN).fill(0xff);

/** Gives the frame that asks who has `address`. @throws CodecError when an address is malformed */
export function encodeArpQuestion(hardwareAddress: string, address: string): Uint8Array {
  const sender = parseHardwareAddress(hardwareAddress);
  const frame = startFrame(ARP_FRAME_LENGTH, broadcast, sender, ETH_P_ARP);
  writeU16(frame, ETH_HLEN, ARPHRD_ETHER);
  writeU16(frame, ETH_HLEN + 2, ETH_P_IP);
  frame[ETH_HLEN + 4] = ETH_ALEN;
  frame[ETH_HLEN + 5] = 4;
  writeU16(frame, ETH_HLEN + 6, ARPOP_REQUEST);
  frame.set(sender, ETH_HLEN + 8);
  encodeAddress(address, 'ipv4', frame, ETH_HLEN + 24);
  return frame;
}

/** Who has an address. */
export interface ArpAnswer {
  readonly address: string;
  /** `02:00:00:00:00:01`. */
  readonly hardwareAddress: string;
}

/** Gives the answer in a frame, or null when it holds none. Never throws. */
export function decodeArpAnswer(frame: Uint8Array): ArpAnswer | null {
  if (frame.length < ARP_FRAME_LENGTH) return null;
  const numbers = [readU16(frame, 12), readU16(frame, ETH_HLEN), readU16(frame, ETH_HLEN + 2)];
  if (numbers[0] !== ETH_P_ARP || numbers[1] !== ARPHRD_ETHER || numbers[2] !== ETH_P_IP) return null;
  if (readU16(frame, ETH_HLEN + 6) !== ARPOP_REPLY) return null;
  return {
    address: formatAddress(frame, ETH_HLEN + 14, 'ipv4'),
    hardwareAddress: formatHardwareAddress(frame, ETH_HLEN + 8),
  };
}
