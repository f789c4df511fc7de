/**
 * Gratuitous ARP as bytes: a host tells its neighbours of an address that is its own, unasked. Pure.
 *
 * Shape: [Ethernet 14 B, to all][u16 hardware type | u16 protocol | u8 lengths of both | u16 operation |
 * sender's hardware address and IPv4 address | target's hardware address and IPv4 address], big-endian, 42 bytes. Sender
 * and target have the same IPv4 address: that makes it gratuitous. Drivers pad it to the 60 bytes of the shortest frame.
 *
 * @see RFC 826; RFC 5227 section 2.3 (announcement); RFC 5944 section 4.6 (both forms)
 */
import { encodeAddress } from '../inet/address.js';
import { ETH_ALEN, ETH_HLEN, ETH_P_ARP, parseHardwareAddress, startFrame, writeU16 } from './ethernet.js';

/** Bytes of the frame. */
export const ARP_FRAME_LENGTH = 42;

const ARPHRD_ETHER = 1;
const ETH_P_IP = 0x0800;
const ARPOP_REQUEST = 1;
const ARPOP_REPLY = 2;

const broadcast = new Uint8Array(ETH_ALEN).fill(0xff);

/**
 * Neighbours follow either form; which one a device has forgotten to handle differs, so both are sent.
 *
 * `request`: the announcement of RFC 5227, whose target hardware address is zero. `reply`: the target's hardware address
 * is the sender's, without which Linux does not take it for gratuitous.
 */
export type ArpForm = 'request' | 'reply';

/**
 * Gives the frame that announces `address` at `hardwareAddress`.
 *
 * @param hardwareAddress of the interface, `02:00:00:00:00:01`
 * @param address IPv4
 * @throws CodecError when either is malformed
 */
export function encodeGratuitousArp(form: ArpForm, hardwareAddress: string, address: string): Uint8Array {
  const sender = parseHardwareAddress(hardwareAddress);
  const frame = startFrame(ARP_FRAME_LENGTH, broadcast, sender, ETH_P_ARP);
  writeU16(frame, ETH_HLEN, ARPHRD_ETHER);
  writeU16(frame, ETH_HLEN + 2, ETH_P_IP);
  frame[ETH_HLEN + 4] = ETH_ALEN;
  frame[ETH_HLEN + 5] = 4;
  writeU16(frame, ETH_HLEN + 6, form === 'request' ? ARPOP_REQUEST : ARPOP_REPLY);
  frame.set(sender, ETH_HLEN + 8);
  encodeAddress(address, 'ipv4', frame, ETH_HLEN + 14);
  if (form === 'reply') frame.set(sender, ETH_HLEN + 18);
  encodeAddress(address, 'ipv4', frame, ETH_HLEN + 24);
  return frame;
}
