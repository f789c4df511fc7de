/** IP addresses as attributes of any rtnetlink message: 4 or 16 bytes in network order. Pure. */
import { addressBytes, encodeAddress, familyOf, formatAddress, type AddressFamily } from '../inet/address.js';
import type { AttributeReader, AttributeWriter } from '../netlink/attribute.js';
import { CodecError } from '../netlink/errors.js';

/** Gives the family of `text`, by which a message's header is made. @throws CodecError when it is no address */
export function requireFamily(text: string, what: string): AddressFamily {
  const family = familyOf(text);
  if (family !== null) return family;
  throw new CodecError({ what, offset: 0, expected: 'an IP address', got: JSON.stringify(text) });
}

/** Appends an attribute that is an address of `family`. @throws CodecError when the text is none */
export function encodeAddressAttribute(
  attributes: AttributeWriter,
  type: number,
  text: string,
  family: AddressFamily,
): void {
  const offset = attributes.reserve(type, addressBytes(family));
  encodeAddress(text, family, attributes.writer.buffer, offset);
}

/** Gives the address at the attribute at hand. @throws CodecError when it has another length than the family's */
export function decodeAddressAttribute(
  attributes: AttributeReader,
  family: AddressFamily,
  what: string,
): string {
  return formatAddress(attributes.bytes(what, addressBytes(family)), 0, family);
}
