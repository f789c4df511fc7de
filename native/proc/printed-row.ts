/**
 * The row of a server in /proc/net/ip_vs: `  -> 0A000001:0050      Masq    1      0          0         `, or with an address of
 * IPv6 written out, `[2001:0db8:...:0001]:0050`. Pure, and without objects in between: a table has tens of thousands.
 *
 * @see net/netfilter/ipvs/ip_vs_ctl.c (ip_vs_info_seq_show)
 */

const lineFeed = 0x0a;
const space = 0x20;
const minus = 0x2d;
const colon = 0x3a;
const bracket = 0x5b;

const arrowBytes = '  -> '.length;
/** Of a row whose numbers fit their columns, line feed included. */
const usualBytes = '  -> 0A000001:0050      Masq    1      0          0         \n'.length;
const gapBytes = '      '.length;
/** Address of IPv6 between brackets. */
const ipv6Characters = '0000:0000:0000:0000:0000:0000:0000:0000'.length;

/** A row taken apart; one object for many rows. */
export interface PrintedRow {
  ipv6: boolean;
  /** 32 bits with a sign each: four, or the first alone. */
  readonly words: [number, number, number, number];
  port: number;
  /** Forwarding, weight, active and inactive connections as columns: the offsets of their begin and of the line's end. */
  columnsStart: number;
  end: number;
}

/** Never throws. */
export function emptyRow(): PrintedRow {
  return { ipv6: false, words: [0, 0, 0, 0], port: 0, columnsStart: 0, end: 0 };
}

/** Whether a row of a server begins at `offset`, and not a service or the end. Never throws. */
export function isServerRow(bytes: Uint8Array, offset: number): boolean {
  return bytes[offset] === space;
}

/** Length of the row at `offset`, its line feed included. Never throws. */
export function serverRowBytes(bytes: Buffer, offset: number): number {
  // the columns are filled up, so no row is shorter
  if (bytes[offset + usualBytes - 1] === lineFeed) return usualBytes;
  const end = bytes.indexOf(lineFeed, offset);
  return (end < 0 ? bytes.length : end + 1) - offset;
}

/**
 * Takes the row at `offset` apart.
 *
 * @returns false for a row of another shape, and for one with a number below 0, which is an unsigned one to other readers.
 *   Never throws.
 */
export function readServerRow(bytes: Buffer, offset: number, row: PrintedRow): boolean {
  const length = serverRowBytes(bytes, offset);
  if (length < usualBytes || bytes[offset + length - 1] !== lineFeed) return false;
  row.ipv6 = bytes[offset + arrowBytes] === bracket;
  const portStart = row.ipv6
    ? readIpv6(bytes, offset + arrowBytes + 1, row.words)
    : readIpv4(bytes, offset + arrowBytes, row.words);
  row.port = portStart < 0 ? -1 : hexNumber(bytes, portStart, 4);
  if (row.port < 0) return false;
  row.columnsStart = portStart + 4 + gapBytes;
  row.end = offset + length - 1;
  const sign = bytes.indexOf(minus, row.columnsStart);
  return sign < 0 || sign > row.end;
}

/** @returns where the port begins, or -1 */
function readIpv4(bytes: Uint8Array, start: number, words: PrintedRow['words']): number {
  const high = hexNumber(bytes, start, 4);
  const low = hexNumber(bytes, start + 4, 4);
  if (high < 0 || low < 0 || bytes[start + 8] !== colon) return -1;
  words[0] = (high << 16) | low;
  return start + 9;
}

/** @returns where the port begins, or -1 */
function readIpv6(bytes: Uint8Array, start: number, words: PrintedRow['words']): number {
  for (let word = 0; word < 4; word++) {
    const high = hexNumber(bytes, start + 10 * word, 4);
    const low = hexNumber(bytes, start + 10 * word + 5, 4);
    if (high < 0 || low < 0) return -1;
    words[word] = (high << 16) | low;
  }
  // `]:`
  return bytes[start + ipv6Characters + 1] === colon ? start + ipv6Characters + 2 : -1;
}

/** Value of a hexadecimal digit by its character, -1 for any other. */
const digitValues = new Int8Array(256).fill(-1);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  digitValues[digit.charCodeAt(0)] = value;
  digitValues[digit.toUpperCase().charCodeAt(0)] = value;
}

/** @returns -1 where not all are digits, or the bytes end */
function hexNumber(bytes: Uint8Array, start: number, digits: number): number {
  let value = 0;
  for (let offset = start; offset < start + digits; offset++) {
    const digit = digitValues[bytes[offset] ?? 0] ?? -1;
    if (digit < 0) return -1;
    value = (value << 4) | digit;
  }
  return value;
}
