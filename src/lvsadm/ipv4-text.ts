/** IPv4 addresses in the lax writing of old: `10.1`, `0x0a000001`, `012.0.0.1`, which the stock tool takes. Pure. */

const largestPart = [0xffffffff, 0xffffff, 0xffff, 0xff];

/**
 * Reads an IPv4 address as inet_aton(3): one to four parts, each decimal, octal with a leading 0 or hexadecimal with 0x; the
 * last part fills the bytes that are left. What follows a blank is not looked at.
 *
 * @returns the address as an unsigned number, or null. Never throws.
 */
export function parseLaxIpv4(text: string): number | null {
  return parsePlain(text) ?? parseLax(text);
}

/** Four decimal numbers: what nearly all are, read without taking the text apart. */
function parsePlain(text: string): number | null {
  let address = 0;
  let part = -1;
  let parts = 1;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit >= 0 && digit <= 9) {
      // a leading 0 means octal
      if (part === 0) return null;
      part = part < 0 ? digit : part * 10 + digit;
      if (part > 255) return null;
    } else {
      if (digit !== -2 || part < 0 || parts === 4) return null;
      address = address * 256 + part;
      part = -1;
      parts++;
    }
  }
  return parts === 4 && part >= 0 ? address * 256 + part : null;
}

function parseLax(text: string): number | null {
  const blank = text.search(/[ \t\n\v\f\r]/);
  const parts = (blank < 0 ? text : text.slice(0, blank)).split('.');
  if (parts.length > 4) return null;
  const last = parts.length - 1;
  let address = 0;
  for (const [index, part] of parts.entries()) {
    const value = parsePart(part);
    if (value === null || value > (index === last ? (largestPart[last] ?? 0) : 0xff)) return null;
    address += index === last ? value : value * 2 ** (24 - 8 * index);
  }
  return address;
}

/** Four decimal numbers. Never throws. */
export function formatIpv4Number(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** Digits as strtoul(3) with base 0 reads them, without sign and blanks. */
function parsePart(text: string): number | null {
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) return Number(text);
  if (/^0[0-7]*$/.test(text)) return text === '0' ? 0 : Number.parseInt(text, 8);
  return /^[1-9]\d*$/.test(text) ? Number(text) : null;
}
