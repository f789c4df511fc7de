/**
 * The head of an Ethernet frame as bytes. Pure.
 *
 * Shape: [6 B destination | 6 B source | u16 EtherType], big-endian.
 */
import { CodecError } from '../netlink/errors.js';

/** Bytes of a hardware address. */
export const ETH_ALEN = 6;
/** Bytes of the head. */
export const ETH_HLEN = 14;
export const ETH_P_ARP = 0x0806;
export const ETH_P_IPV6 = 0x86dd;

const shape = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/** Reads `02:00:00:00:00:01` into its six bytes. @throws CodecError for anything else */
export function parseHardwareAddress(text: string): Uint8Array {
  if (!shape.test(text)) {
    const expected = 'six bytes in hexadecimal with colons between';
    throw new CodecError({ what: 'hardware address', offset: 0, expected, got: JSON.stringify(text) });
  }
  return Uint8Array.from(text.split(':'), (byte) => parseInt(byte, 16));
}

/** Room for a frame with its head written; the rest is zero. The memory does not move. Never throws. */
export function startFrame(
  length: number,
  destination: Uint8Array,
  source: Uint8Array,
  etherType: number,
): Uint8Array {
  const frame = new Uint8Array(new ArrayBuffer(length));
  frame.set(destination, 0);
  frame.set(source, ETH_ALEN);
  writeU16(frame, 2 * ETH_ALEN, etherType);
  return frame;
}

/** Writes a number in network byte order. */
export function writeU16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value & 0xff;
}

/** Gives `02:00:00:00:00:01`. Never throws. */
export function formatHardwareAddress(bytes: Uint8Array, offset: number): string {
  return Array.from(bytes.subarray(offset, offset + ETH_ALEN), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join(':');
}

/** Reads a number in network byte order. Never throws. */
export function readU16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}
