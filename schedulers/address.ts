/**
 * Addresses as 32-bit words, read from text without allocating: `pick` sees a new client address each time,
 * so this is the hottest parser of the project.
 */
import { SchedulerError } from './errors.js';
import type { Family } from './types.js';

const DOT = 46;
const ZERO = 48;
const COLON = 58;
const PERCENT = 37;

/**
 * One address in network order: four words for IPv6; for IPv4 the last word, the others 0.
 *
 * Words are signed 32-bit integers: compare them with one another only. An instance is reused for every
 * address; each `read` overwrites the last one.
 */
export class AddressReader {
  word0 = 0;
  word1 = 0;
  word2 = 0;
  word3 = 0;
  readonly #groups = new Uint16Array(8);

  /**
   * Reads an address in any spelling of its family; an IPv6 zone (`%eth0`) is ignored.
   *
   * @throws SchedulerError ERR_SCHEDULER_ADDRESS when the text is no address of that family; a leading zero in
   *   an IPv4 octet is refused, since some read it as octal
   */
  read(family: Family, text: string): void {
    if (family === 4) {
      this.word0 = this.word1 = this.word2 = 0;
      this.word3 = readIpv4(text, 0, text.length);
    } else {
      this.#readIpv6(text);
    }
  }

  /** The kernel's fold of an address into 32 bits (unsigned): all words by exclusive or. */
  fold(): number {
    return (this.word0 ^ this.word1 ^ this.word2 ^ this.word3) >>> 0;
  }

  /** Reads and folds in one go. */
  foldOf(family: Family, text: string): number {
    if (family === 4) return readIpv4(text, 0, text.length) >>> 0;
    this.#readIpv6(text);
    return this.fold();
  }

  #readIpv6(text: string): void {
    const groups = this.#groups;
    const length = text.length;
    let count = 0;
    let gap = -1;
    let value = 0;
    let digits = 0;
    let at = 0;
    if (text.charCodeAt(0) === COLON && text.charCodeAt(1) === COLON) {
      gap = 0;
      at = 2;
    }
    for (; at < length; at++) {
      const code = text.charCodeAt(at);
      const digit = hexDigit(code);
      if (digit >= 0) {
        if (++digits > 4) refuse(text);
        value = (value << 4) | digit;
      } else if (code === COLON) {
        if (digits === 0 || count === 8 || at + 1 === length) refuse(text);
        groups[count++] = value;
        value = digits = 0;
        if (text.charCodeAt(at + 1) === COLON) {
          if (gap >= 0) refuse(text);
          gap = count;
          at++;
        }
      } else if (code === DOT) {
        if (count > 6) refuse(text);
        const embedded = readIpv4(text, at - digits, length);
        groups[count++] = embedded >>> 16;
        groups[count++] = embedded & 0xffff;
        digits = 0;
        break;
      } else if (code === PERCENT) {
        break;
      } else {
        refuse(text);
      }
    }
    if (digits > 0) {
      if (count === 8) refuse(text);
      groups[count++] = value;
    }
    if (gap < 0 ? count !== 8 : count > 7) refuse(text);
    if (gap >= 0) spread(groups, gap, count);
    this.#takeGroups();
  }

  #takeGroups(): void {
    const groups = this.#groups;
    this.word0 = word(groups, 0);
    this.word1 = word(groups, 2);
    this.word2 = word(groups, 4);
    this.word3 = word(groups, 6);
  }
}

function word(groups: Uint16Array, at: number): number {
  return ((groups[at] ?? 0) << 16) | (groups[at + 1] ?? 0);
}

/** Moves the groups behind `::` to the end and fills the gap with zeros. */
function spread(groups: Uint16Array, gap: number, count: number): void {
  const moved = 8 - count;
  for (let from = count - 1; from >= gap; from--) groups[from + moved] = groups[from] ?? 0;
  for (let at = gap; at < gap + moved; at++) groups[at] = 0;
}

/** The value of a hexadecimal digit, -1 for any other character. */
function hexDigit(code: number): number {
  if (code >= ZERO && code <= 57) return code - ZERO;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Dotted decimal between two positions, as a signed 32-bit integer. */
function readIpv4(text: string, start: number, end: number): number {
  let value = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0) refuse(text);
      value = (value << 8) | octet;
      octet = digits = 0;
      dots++;
    } else {
      const digit = code - ZERO;
      if (digit < 0 || digit > 9 || (digits > 0 && octet === 0)) refuse(text);
      octet = octet * 10 + digit;
      if (octet > 255) refuse(text);
      digits++;
    }
  }
  if (dots !== 3 || digits === 0) refuse(text);
  return (value << 8) | octet;
}

function refuse(text: string): never {
  throw new SchedulerError('ERR_SCHEDULER_ADDRESS', `read address "${text}": not an address of its family`, {
    text,
  });
}
