/** Addresses as text and numbers. Parsing is the library's; this file fixes one canonical spelling. */
import ipaddr from 'ipaddr.js';

export type Family = 4 | 6;

export interface IpAddress {
  readonly family: Family;
  /** Canonical: dotted decimal, or RFC 5952 lower case; never with brackets or a zone. */
  readonly text: string;
}

const DOTTED_DECIMAL = /^\d{1,3}(\.\d{1,3}){3}$/;

/**
 * Reads an address in any usual spelling (no octal, hexadecimal or shortened IPv4, no zone).
 *
 * IPv4-mapped IPv6 (`::ffff:192.0.2.1`) stays IPv6.
 *
 * @returns null when the text is not an address
 */
export function parseIp(text: string): IpAddress | null {
  if (text.includes('%')) return null;
  if (!text.includes(':')) return octetsOf(text) === null ? null : { family: 4, text };
  const groups = withoutDots(text);
  if (groups === null || !ipaddr.IPv6.isValid(groups)) return null;
  return { family: 6, text: ipaddr.IPv6.parse(groups).toRFC5952String() };
}

function octetsOf(text: string): readonly number[] | null {
  if (!DOTTED_DECIMAL.test(text)) return null;
  const octets = text.split('.');
  // A leading zero is octal to some readers and decimal to others: refused.
  if (octets.some((octet) => Number(octet) > 255 || (octet.length > 1 && octet.startsWith('0')))) return null;
  return octets.map(Number);
}

/**
 * An IPv6 address whose last 32 bits may be dotted decimal (RFC 4291 section 2.2), in groups alone. The library would
 * take octal and hexadecimal parts, and `::192.0.2.1` for the mapped address.
 */
function withoutDots(text: string): string | null {
  if (!text.includes('.')) return text;
  const tailAt = text.lastIndexOf(':') + 1;
  const octets = octetsOf(text.slice(tailAt));
  if (octets === null) return null;
  const hex = octets.map((octet) => octet.toString(16).padStart(2, '0')).join('');
  return `${text.slice(0, tailAt)}${hex.slice(0, 4)}:${hex.slice(4)}`;
}

/** `192.0.2.1:80` or `[2001:db8::1]:80`. */
export function formatEndpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * Splits `192.0.2.1:80` or `[2001:db8::1]:80`.
 *
 * @returns null when the text is not of that form, the address is not one, or the port is not 0..65535
 */
export function parseEndpoint(text: string): (IpAddress & { readonly port: number }) | null {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const address = parseIp(match[1] ?? match[2] ?? '');
  const port = Number(match[3]);
  if (address === null || port > 65535) return null;
  // Brackets are for IPv6 alone.
  if ((match[1] !== undefined) !== (address.family === 6)) return null;
  return { ...address, port };
}

/** True for the address that means "every address of this host". */
/** True for an address that never leaves its host; text is canonical. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/**
 * Whether `address` is higher than `other`, both of one family, as unsigned numbers in network byte order.
 *
 * Text does not sort so: 10.0.0.9 is lower than 10.0.0.10.
 *
 * @param address without a zone
 * @throws Error when one of them is no address
 */
export function isHigherAddress(address: string, other: string): boolean {
  const bytes = ipaddr.parse(address).toByteArray();
  const otherBytes = ipaddr.parse(other).toByteArray();
  const at = bytes.findIndex((byte, index) => byte !== otherBytes[index]);
  return at >= 0 && (bytes[at] ?? 0) > (otherBytes[at] ?? 0);
}

/**
 * Whether two addresses have the first bits in common; those of two families have none.
 *
 * @param address without a zone
 * @throws Error when one of them is no address
 */
export function isInNetwork(address: string, other: string, prefixLength: number): boolean {
  const [one, two] = [ipaddr.parse(address), ipaddr.parse(other)];
  return one.kind() === two.kind() && one.match(two, prefixLength);
}
