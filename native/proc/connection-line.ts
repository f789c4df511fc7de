/** One line of the kernel's connection tables: columns between spaces, addresses and ports in hexadecimal. Pure. */
import { formatAddress } from '../inet/address.js';
import { CodecError } from '../netlink/errors.js';

export interface IpvsEndpoint {
  /** Canonical text as `formatAddress` gives it. */
  readonly address: string;
  /** 0 in a template, which stands for any port. */
  readonly port: number;
}

/** Where a line stands; becomes text only when there is something to say about it. */
export interface LinePlace {
  readonly path: string;
  /** From 1. */
  number: number;
}

/** `<path> line <number>`. Never throws. */
export function placeText({ path, number }: LinePlace): string {
  return `${path} line ${number}`;
}

/** A connection, or a template of a persistent client, as the kernel lists it. */
export interface IpvsConnection {
  /** As the kernel names it: `TCP`, `UDP`, `SCTP`; `IP` for the template of a firewall mark. */
  readonly protocol: string;
  readonly client: IpvsEndpoint;
  /** The template of a firewall mark has the mark here as the first 32 bits, and port 0: 7 is `0.0.0.7` or, of IPv6, `0:7::`. */
  readonly virtual: IpvsEndpoint;
  /** Of another family than the rest where a tunnel leads there. */
  readonly destination: IpvsEndpoint;
  /** `ESTABLISHED`, `UDP`, for a template `NONE` or `ASSURED`. */
  readonly state: string;
  /** Whole seconds until the kernel forgets it if no packet comes. */
  readonly expiresSec: number;
  /** Persistence engine (`sip`) and what it goes by (the Call-ID), or null. Data of one byte a character. */
  readonly peName: string | null;
  readonly peData: string | null;
}

/** A connection with where it was first known: here, or told by a synchronisation daemon. */
export type IpvsOriginConnection = Omit<IpvsConnection, 'peName' | 'peData'> & {
  readonly origin: 'local' | 'sync';
};

/** Gives the connection of one line of /proc/net/ip_vs_conn. @throws CodecError for anything else */
export function parseConnectionLine(line: Buffer, place: LinePlace): IpvsConnection {
  const columns = new Columns(line, place);
  // the order of the columns
  return {
    protocol: columns.word('protocol'),
    client: columns.endpoint(),
    virtual: columns.endpoint(),
    destination: columns.endpoint(),
    state: columns.word('state'),
    expiresSec: parseExpiry(columns),
    peName: columns.optionalWord(),
    peData: columns.optionalRest(),
  };
}

/** Gives the connection of one line of /proc/net/ip_vs_conn_sync. @throws CodecError for anything else */
export function parseOriginLine(line: Buffer, place: LinePlace): IpvsOriginConnection {
  const columns = new Columns(line, place);
  const connection = {
    protocol: columns.word('protocol'),
    client: columns.endpoint(),
    virtual: columns.endpoint(),
    destination: columns.endpoint(),
    state: columns.word('state'),
    origin: parseOrigin(columns),
    expiresSec: parseExpiry(columns),
  };
  if (!columns.atEnd()) throw columns.unexpected('the end of the line');
  return connection;
}

function parseOrigin(columns: Columns): IpvsOriginConnection['origin'] {
  const origin = columns.word('origin');
  if (origin !== 'LOCAL' && origin !== 'SYNC') throw columns.unexpected('LOCAL or SYNC', origin);
  return origin === 'LOCAL' ? 'local' : 'sync';
}

/** Old kernels print the time left of a connection that is just due as a negative number without its sign: far above this. */
const largestExpirySec = 2 ** 32 - 1;

function parseExpiry(columns: Columns): number {
  const seconds = columns.decimal('seconds');
  return seconds > largestExpirySec ? 0 : seconds;
}

const space = 0x20;
const colon = 0x3a;
const ipv6Groups = 8;

/** The one address at hand: of its bytes only the text is kept. */
const addressScratch = new Uint8Array(16);

/** Walks over the columns of a line from left to right. */
class Columns {
  readonly #line: Buffer;
  readonly #place: LinePlace;
  #offset = 0;

  constructor(line: Buffer, place: LinePlace) {
    this.#line = line;
    this.#place = place;
  }

  /** Text up to the next space. */
  word(expected: string): string {
    const start = this.#skipSpaces();
    let end = start;
    while (end < this.#line.length && this.#line[end] !== space) end++;
    if (end === start) throw this.unexpected(expected, 'the end of the line');
    this.#offset = end;
    return this.#line.toString('latin1', start, end);
  }

  endpoint(): IpvsEndpoint {
    const address = this.#address();
    this.#skipSpaces();
    const port = this.#hex(4, 'port');
    this.#requireColumnEnd('port');
    return { address, port };
  }

  decimal(expected: string): number {
    const start = this.#skipSpaces();
    let value = 0;
    for (;;) {
      const digit = (this.#line[this.#offset] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      this.#offset++;
    }
    if (this.#offset === start) throw this.unexpected(expected);
    this.#requireColumnEnd(expected);
    return value;
  }

  /** Whether nothing is left but spaces. */
  atEnd(): boolean {
    return this.#skipSpaces() === this.#line.length;
  }

  /** Text up to the next space, or null where nothing is left. */
  optionalWord(): string | null {
    return this.atEnd() ? null : this.word('a word');
  }

  /** All that is left behind one space, spaces and all; null where not even the space is. */
  optionalRest(): string | null {
    return this.#line[this.#offset] === space ? this.#line.toString('latin1', this.#offset + 1) : null;
  }

  unexpected(expected: string, got?: string): CodecError {
    return new CodecError({
      what: placeText(this.#place),
      offset: this.#offset,
      expected,
      got: got ?? JSON.stringify(this.#line.toString('latin1', this.#offset)),
    });
  }

  /** Eight digits of IPv4, or eight groups of four of IPv6 with colons between. */
  #address(): string {
    const start = this.#skipSpaces();
    const ipv6 = this.#line[start + 4] === colon;
    for (let group = 0; group < (ipv6 ? ipv6Groups : 2); group++) {
      if (ipv6 && group > 0) this.#colon();
      const value = this.#hex(4, 'address');
      addressScratch[2 * group] = value >> 8;
      addressScratch[2 * group + 1] = value & 0xff;
    }
    this.#requireColumnEnd('address');
    return formatAddress(addressScratch, 0, ipv6 ? 'ipv6' : 'ipv4');
  }

  #colon(): void {
    if (this.#line[this.#offset] !== colon) throw this.unexpected('address');
    this.#offset++;
  }

  #hex(digits: number, expected: string): number {
    let value = 0;
    for (let count = 0; count < digits; count++) {
      const digit = hexDigit(this.#line[this.#offset]);
      if (digit < 0) throw this.unexpected(expected);
      value = value * 16 + digit;
      this.#offset++;
    }
    return value;
  }

  #skipSpaces(): number {
    while (this.#line[this.#offset] === space) this.#offset++;
    return this.#offset;
  }

  #requireColumnEnd(expected: string): void {
    if (this.#offset < this.#line.length && this.#line[this.#offset] !== space) {
      throw this.unexpected(`the end of the ${expected}`);
    }
  }
}

/** Value of a hexadecimal digit of either case, or -1. */
function hexDigit(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}
