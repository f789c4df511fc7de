/** The checksum of what protocol 112 carries: ones' complement of 16-bit words. Pure. @see RFC 1071 section 1 */
import { addressBytes, encodeAddress, type AddressFamily } from '../inet/address.js';

export const IPPROTO_VRRP = 112;

/** What the pseudo-header has of a packet. */
export interface ChecksumPath {
  readonly family: AddressFamily;
  readonly source: string;
  readonly destination: string;
}

/** Addresses of a path, while they are summed up. */
const scratch = new Uint8Array(32);

/**
 * Of source, destination, protocol and length, which have the same sum in the order of IPv4 and of IPv6.
 *
 * @throws CodecError when an address is none of the family
 */
export function pseudoHeaderSum({ family, source, destination }: ChecksumPath, length: number): number {
  const size = addressBytes(family);
  encodeAddress(source, family, scratch, 0);
  encodeAddress(destination, family, scratch, size);
  scratch.fill(0, 2 * size);
  return sumOf(scratch, IPPROTO_VRRP + length);
}

/** Of the 16-bit words; behind an odd end stands a zero. Not folded: 64 KiB give less than 2^31. Never throws. */
export function sumOf(bytes: Uint8Array, start: number): number {
  let sum = start;
  for (let offset = 0; offset < bytes.length; offset += 2)
    sum += ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
  return sum;
}

/** Adds what does not fit 16 bits to what does. Over everything, the checksum's own field included, it is 0xffff. */
export function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}
