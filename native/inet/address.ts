/**
 * IP addresses between text and bytes, as the C library's inet_pton(3) and inet_ntop(3) have them: what the stock tools
 * print and accept. Pure, and without objects in between, for a table holds tens of thousands of addresses.
 */
import { CodecError } from '../netlink/errors.js';

export type AddressFamily = 'ipv4' | 'ipv6';

const ipv4Bytes = 4;
const ipv6Bytes = 16;
const ipv6Words = 8;

const colon = 0x3a;
const dot = 0x2e;

/** Bytes of an address on the wire: 4 or 16. Never throws. */
export function addressBytes(family: AddressFamily): 4 | 16 {
  return family === 'ipv4' ? ipv4Bytes : ipv6Bytes;
}

/**
 * Reads an address of either family.
 *
 * Strict as inet_pton(3): four decimal numbers without leading zeros; in IPv6 at most four hexadecimal digits a group, `::`
 * once and for at least one group, the last 32 bits also as IPv4. No zone, no brackets, no prefix length, no spaces.
 *
 * @returns 4 or 16 bytes in network order, or null for anything else. Never throws.
 */
export function parseAddress(text: string): Uint8Array | null {
  const ipv6 = text.includes(':');
  const bytes = new Uint8Array(ipv6 ? ipv6Bytes : ipv4Bytes);
  return (ipv6 ? parseIpv6(text, bytes, 0) : parseIpv4(text, 0, bytes, 0)) ? bytes : null;
}

/** Gives the family of an address, or null when the text is none. Never throws. */
export function familyOf(text: string): AddressFamily | null {
  if (text.includes(':')) return parseIpv6(text, scratch, 0) ? 'ipv6' : null;
  return parseIpv4(text, 0, scratch, 0) ? 'ipv4' : null;
}

/**
 * Writes an address of `family` in network order at `offset`, as `parseAddress` reads it, and nothing beside it.
 * What stands there after an error is not defined.
 *
 * @throws CodecError when the text is no address of the family, or `bytes` ends too early
 */
export function encodeAddress(text: string, family: AddressFamily, bytes: Uint8Array, offset: number): void {
  requireRoom(family, bytes, offset);
  const done = family === 'ipv4' ? parseIpv4(text, 0, bytes, offset) : parseIpv6(text, bytes, offset);
  if (done) return;
  throw new CodecError({
    what: 'address',
    offset,
    expected: family === 'ipv4' ? 'an IPv4 address' : 'an IPv6 address',
    got: JSON.stringify(text),
  });
}

/**
 * Gives the canonical text of the address at `offset`, byte for byte what inet_ntop(3) of glibc writes.
 *
 * IPv6: lower case, the first of the longest runs of at least two zero groups is `::`; where that run is the first 96 bits,
 * or the first 80 with ffff after it, the rest is written as IPv4 (`::192.0.2.1`, `::ffff:192.0.2.1`; but `::1`).
 *
 * @throws CodecError when `bytes` ends before the address does
 * @see RFC 5952 section 4 and 5
 */
export function formatAddress(bytes: Uint8Array, offset: number, family: AddressFamily): string {
  requireRoom(family, bytes, offset);
  return family === 'ipv4' ? formatIpv4(bytes, offset) : formatIpv6(bytes, offset);
}

/** Where text is read only to learn whether it is an address. */
const scratch = new Uint8Array(ipv6Bytes);

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16));
const twoDigitsOfByte = hexOfByte.map((digits) => digits.padStart(2, '0'));

function requireRoom(family: AddressFamily, bytes: Uint8Array, offset: number): void {
  const needed = addressBytes(family);
  if (Number.isInteger(offset) && offset >= 0 && offset + needed <= bytes.length) return;
  throw new CodecError({
    what: 'address',
    offset,
    expected: `${needed} bytes`,
    got: `${Math.max(0, bytes.length - offset)}`,
  });
}

/** Reads four numbers from `start` to the end of the text into the four bytes at `offset`. */
function parseIpv4(text: string, start: number, bytes: Uint8Array, offset: number): boolean {
  let index = start;
  for (let part = 0; part < ipv4Bytes; part++) {
    if (part > 0 && text.charCodeAt(index++) !== dot) return false;
    let value = digitAt(text, index);
    if (value < 0) return false;
    index++;
    for (let digit = digitAt(text, index); digit >= 0; digit = digitAt(text, ++index)) {
      if (value === 0) return false;
      value = value * 10 + digit;
      if (value > 255) return false;
    }
    bytes[offset + part] = value;
  }
  return index === text.length;
}

/** Reads the whole text into the 16 bytes at `offset`. */
function parseIpv6(text: string, bytes: Uint8Array, offset: number): boolean {
  const end = text.length;
  let index = 0;
  let written = 0;
  /** Count of bytes before the `::`, or -1. */
  let gap = -1;
  if (text.charCodeAt(0) === colon) {
    if (text.charCodeAt(1) !== colon) return false;
    gap = 0;
    index = 2;
  }
  while (index < end) {
    const start = index;
    let value = 0;
    for (let digit = hexDigitAt(text, index); digit >= 0; digit = hexDigitAt(text, ++index)) {
      value = value * 16 + digit;
      if (index - start === 4) return false;
    }
    if (index === start) return false;
    if (index < end && text.charCodeAt(index) === dot) {
      if (written > ipv6Bytes - ipv4Bytes) return false;
      if (!parseIpv4(text, start, bytes, offset + written)) return false;
      written += ipv4Bytes;
      break;
    }
    if (written === ipv6Bytes) return false;
    bytes[offset + written] = value >>> 8;
    bytes[offset + written + 1] = value & 0xff;
    written += 2;
    if (index === end) break;
    if (text.charCodeAt(index++) !== colon || index === end) return false;
    if (text.charCodeAt(index) === colon) {
      if (gap >= 0) return false;
      gap = written;
      index++;
    }
  }
  if (gap < 0) return written === ipv6Bytes;
  if (written === ipv6Bytes) return false;
  widenGap(bytes, offset, gap, written);
  return true;
}

/** Moves the bytes behind the `::` to the end of the 16 and fills the place between with zeros. */
function widenGap(bytes: Uint8Array, offset: number, gap: number, written: number): void {
  const moved = written - gap;
  bytes.copyWithin(offset + ipv6Bytes - moved, offset + gap, offset + written);
  bytes.fill(0, offset + gap, offset + ipv6Bytes - moved);
}

/** Value of the decimal digit at `index`, or -1. */
function digitAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code >= 0x30 && code <= 0x39 ? code - 0x30 : -1;
}

/** Value of the hexadecimal digit at `index`, or -1. */
function hexDigitAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x61 && code <= 0x66) return code - 0x61 + 10;
  return code >= 0x41 && code <= 0x46 ? code - 0x41 + 10 : -1;
}

function formatIpv4(bytes: Uint8Array, offset: number): string {
  return `${byteAt(bytes, offset)}.${byteAt(bytes, offset + 1)}.${byteAt(bytes, offset + 2)}.${byteAt(bytes, offset + 3)}`;
}

function formatIpv6(bytes: Uint8Array, offset: number): string {
  let runStart = -1;
  let runLength = 1;
  for (let word = 0; word < ipv6Words; word++) {
    const length = zeroWords(bytes, offset, word);
    if (length > runLength) {
      runStart = word;
      runLength = length;
    }
    word += length;
  }
  if (runStart === 0 && runLength === 6) return `::${formatIpv4(bytes, offset + 12)}`;
  if (runStart === 0 && runLength === 5 && wordIs(bytes, offset, 5, 0xff)) {
    return `::ffff:${formatIpv4(bytes, offset + 12)}`;
  }
  if (runStart < 0) return formatWords(bytes, offset, 0, ipv6Words);
  const before = formatWords(bytes, offset, 0, runStart);
  return `${before}::${formatWords(bytes, offset, runStart + runLength, ipv6Words)}`;
}

/** Count of zero groups from group `word` on. */
function zeroWords(bytes: Uint8Array, offset: number, word: number): number {
  let end = word;
  while (end < ipv6Words && wordIs(bytes, offset, end, 0)) end++;
  return end - word;
}

/** Whether both bytes of a group have the value `byte`. */
function wordIs(bytes: Uint8Array, offset: number, word: number, byte: number): boolean {
  return bytes[offset + 2 * word] === byte && bytes[offset + 2 * word + 1] === byte;
}

function formatWords(bytes: Uint8Array, offset: number, from: number, to: number): string {
  let text = '';
  for (let word = from; word < to; word++) {
    const high = byteAt(bytes, offset + 2 * word);
    const low = byteAt(bytes, offset + 2 * word + 1);
    if (word > from) text += ':';
    text += high === 0 ? (hexOfByte[low] ?? '') : `${hexOfByte[high] ?? ''}${twoDigitsOfByte[low] ?? ''}`;
  }
  return text;
}

/** The caller has checked that the byte exists. */
function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
