/**
 * Who says unasked or asked that an address is its own, as bytes. Pure, and never past what was received.
 *
 * ARP: the sender of any question or answer claims the address that it sends as its own; shape see arp.ts. IPv6: an
 * advertisement claims its target; shape see solicitation.ts, without the heads of the frame and of the packet.
 *
 * @see RFC 5227 section 2.4 (what conflicts); RFC 4861 section 4.4
 */
import { formatAddress } from '../inet/address.js';
import { ARP_FRAME_LENGTH } from './arp.js';
import { ETH_ALEN, ETH_HLEN, ETH_P_ARP, formatHardwareAddress, readU16 } from './ethernet.js';
import { decodeAdvertisement } from './solicitation.js';

/** Somebody has an address, or says so. */
export interface AddressClaim {
  /** Canonical text. */
  readonly address: string;
  /** `02:00:00:00:00:01`; null where an advertisement leaves it out. */
  readonly hardwareAddress: string | null;
}

const ARPHRD_ETHER = 1;
const ETH_P_IP = 0x0800;
const ARPOP_REQUEST = 1;
const ARPOP_REPLY = 2;
/** Of a question that claims nothing. @see RFC 5227 section 1.1 (probe) */
const NOBODY = '0.0.0.0';

/** Gives the claim in a frame, or null when it holds none. Never throws. */
export function decodeArpClaim(frame: Uint8Array): AddressClaim | null {
  if (frame.length < ARP_FRAME_LENGTH || readU16(frame, 2 * ETH_ALEN) !== ETH_P_ARP) return null;
  if (readU16(frame, ETH_HLEN) !== ARPHRD_ETHER || readU16(frame, ETH_HLEN + 2) !== ETH_P_IP) return null;
  if (frame[ETH_HLEN + 4] !== ETH_ALEN || frame[ETH_HLEN + 5] !== 4) return null;
  const operation = readU16(frame, ETH_HLEN + 6);
  if (operation !== ARPOP_REQUEST && operation !== ARPOP_REPLY) return null;
  const address = formatAddress(frame, ETH_HLEN + 14, 'ipv4');
  if (address === NOBODY) return null;
  return { address, hardwareAddress: formatHardwareAddress(frame, ETH_HLEN + 8) };
}

/** Gives the claim in an ICMPv6 message, or null when it holds none. Never throws. @param hopLimit with which it came */
export function decodeNeighbourClaim(message: Uint8Array, hopLimit: number): AddressClaim | null {
  return hopLimit === 255 ? decodeAdvertisement(message, 0) : null;
}
