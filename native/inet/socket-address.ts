/** Addresses with ports as the system calls of sockets take them. Pure. */
import { addressBytes, encodeAddress, type AddressFamily } from './address.js';
import { familyNumber } from './family.js';

const IPV4_BYTES = 16;
const IPV6_BYTES = 28;
const PORT_OFFSET = 2;

/**
 * Gives `struct sockaddr_in` or `sockaddr_in6`: family in host order, port and address as on the wire, all else 0.
 *
 * @param port 0..65535; 0 = the kernel's choice, or none
 * @throws CodecError when the text is no address of the family
 * @see ip(7), ipv6(7)
 */
export function encodeSocketAddress(address: string, family: AddressFamily, port = 0): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(addressBytes(family) === 4 ? IPV4_BYTES : IPV6_BYTES));
  new Uint16Array(bytes.buffer, 0, 1)[0] = familyNumber(family);
  new DataView(bytes.buffer).setUint16(PORT_OFFSET, port);
  encodeAddress(address, family, bytes, family === 'ipv4' ? 4 : 8);
  return bytes;
}
