/** Checks of values, and addresses as IPVS attributes carry them: 16 bytes for either family, IPv4 in the first four. */
import type { AttributeReader, AttributeWriter } from '../netlink/attribute.js';
import { CodecError } from '../netlink/errors.js';
import { encodeAddress, formatAddress } from '../inet/address.js';
import { AF_INET, AF_INET6, familyOfNumber } from '../inet/family.js';
import type { IpvsFamily } from './types.js';

const unionBytes = 16;

/** @throws CodecError for any number but `AF_INET` and `AF_INET6` */
export function decodeFamily(number: number, what: string): IpvsFamily {
  const family = familyOfNumber(number);
  if (family !== null) return family;
  throw new CodecError({ what, offset: 0, expected: `${AF_INET} or ${AF_INET6}`, got: `${number}` });
}

/** Writes the address padded with zeros to 16 bytes. @throws CodecError when the text is no address of the family */
export function writeAddress(
  writer: AttributeWriter,
  type: number,
  family: IpvsFamily,
  address: string,
): void {
  const offset = writer.reserve(type, unionBytes);
  encodeAddress(address, family, writer.writer.buffer, offset);
}

/**
 * Gives the canonical text of an address attribute, which stands in `source` where `unionLength` found it.
 *
 * @throws CodecError when the attribute is shorter than an address of the family
 */
export function formatUnion(source: Uint8Array, start: number, length: number, family: IpvsFamily): string {
  if (family === 'ipv6' && length < unionBytes) {
    throw new CodecError({
      what: 'address',
      offset: start,
      expected: `${unionBytes} bytes`,
      got: `${length}`,
    });
  }
  return formatAddress(source, start, family);
}

/** Bytes of an address attribute, 4 or 16: its family may come later in the nest. @throws CodecError for any other length */
export function unionLength({ length }: AttributeReader, what: string): number {
  if (length === 4 || length === unionBytes) return length;
  throw new CodecError({ what, offset: 0, expected: `4 or ${unionBytes} bytes`, got: `${length}` });
}

/** The value, unless the attribute was missing. @throws CodecError that names it */
export function required<T>(value: T | null, what: string): T {
  if (value !== null) return value;
  throw new CodecError({ what, offset: 0, expected: 'an attribute', got: 'none' });
}

/** @throws CodecError when the value is above `max`; what is no number is left to the writer */
export function expectAtMost(value: number, max: number, what: string): void {
  if (!(value > max)) return;
  throw new CodecError({ what, offset: 0, expected: `at most ${max}`, got: `${value}` });
}
