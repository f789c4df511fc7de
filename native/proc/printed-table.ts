/**
 * /proc/net/ip_vs: the table as the kernel prints it, some four thousand bytes a system call, where netlink takes three calls
 * for the servers of each service. Of services it lacks too much (scheduler flags, persistence engines, the family of marks),
 * so this finds the rows of servers only. Bytes as they are: what they mean is `printed-row.ts`.
 */
import { encodeAddress } from '../inet/address.js';
import type { AddressFamily } from '../inet/address.js';
import { OpenFile } from './open-file.js';
import { isServerRow, serverRowBytes } from './printed-row.js';

/** What identifies a service, as `native/ipvs` has it. */
export type PrintedServiceKey =
  | {
      readonly family: AddressFamily;
      readonly protocol: number;
      readonly address: string;
      readonly port: number;
    }
  | { readonly fwmark: number };

const firstLine = 'IP Virtual Server version ';
const titleLines = 3;
const lineFeed = 0x0a;
const space = 0x20;
/** Room at first, and asked of one read; memory that is not written to costs nothing. */
const firstBytes = 1024 * 1024;
/**
 * Some ten thousand services of ten servers. For each page that it prints the kernel counts through all services before it, so
 * from about here on three system calls a service are less.
 */
const mostBytes = 8 * firstBytes;

/** More than one service goes by the name: a mark of both families. */
const ambiguous = -1;

/** IP protocol number to the kernel's word. */
const protocolWords: Readonly<Record<number, string>> = { 6: 'TCP', 17: 'UDP', 132: 'SCTP' };

/** One reading of the file. Services that came or went meanwhile may be missing. */
export class PrintedTable {
  /** The whole file. */
  readonly bytes: Buffer;
  #rows: ReadonlyMap<string, number> | null = null;

  /** @param bytes what the file holds; a table of another shape is as one without services */
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /**
   * Reads the table of this thread's network namespace, which needs no privilege.
   *
   * @returns null for one so large that netlink is the quicker way
   * @throws SyscallError `ENOENT` where the module is not loaded, or /proc is that of another process namespace
   */
  static read(path = '/proc/thread-self/net/ip_vs'): PrintedTable | null {
    const file = OpenFile.open(path);
    try {
      const bytes = readWhole(file);
      return bytes === null ? null : new PrintedTable(bytes);
    } finally {
      file.close();
    }
  }

  /** Offset of the first row of the service's servers in `bytes`; null where the file does not tell. @throws CodecError for no address */
  serversOf(service: PrintedServiceKey): number | null {
    const name = nameOf(service);
    const rows = (this.#rows ??= indexOf(this.bytes));
    const offset = name === null ? undefined : rows.get(name);
    return offset === undefined || offset === ambiguous ? null : offset;
  }
}

/** By the first two words of a service's line, where its servers begin. */
function indexOf(bytes: Buffer): Map<string, number> {
  const rows = new Map<string, number>();
  if (bytes.toString('latin1', 0, firstLine.length) !== firstLine) return rows;
  let offset = 0;
  for (let line = 0; line < titleLines; line++) offset = behindLine(bytes, offset);
  while (offset < bytes.length) {
    if (isServerRow(bytes, offset)) {
      offset += serverRowBytes(bytes, offset);
      continue;
    }
    const protocolEnd = bytes.indexOf(space, offset);
    // two blanks stand between the words
    const name = bytes.toString('latin1', offset, bytes.indexOf(space, protocolEnd + 2));
    offset = behindLine(bytes, offset);
    rows.set(name, rows.has(name) ? ambiguous : offset);
  }
  return rows;
}

/** Null when it is more than may be. */
function readWhole(file: OpenFile): Buffer | null {
  let buffer = Buffer.allocUnsafeSlow(firstBytes);
  for (let used = 0; ;) {
    const count = file.read(used === 0 ? buffer : buffer.subarray(used));
    if (count === 0) return buffer.subarray(0, used);
    used += count;
    if (used < buffer.length) continue;
    if (used >= mostBytes) return null;
    const larger = Buffer.allocUnsafeSlow(buffer.length * 2);
    larger.set(buffer);
    buffer = larger;
  }
}

function behindLine(bytes: Buffer, offset: number): number {
  const end = bytes.indexOf(lineFeed, offset);
  return end < 0 ? bytes.length : end + 1;
}

/** As the kernel writes it; null for a protocol whose word is not known here. */
function nameOf(service: PrintedServiceKey): string | null {
  if ('fwmark' in service) return `FWM  ${hex(service.fwmark, 8)}`;
  const { family, protocol, address, port } = service;
  const word = protocolWords[protocol];
  return word === undefined ? null : `${word}  ${addressText(address, family)}:${hex(port, 4)}`;
}

/** The one address at hand: a table has thousands. */
const scratch = new DataView(new ArrayBuffer(16));
const scratchBytes = new Uint8Array(scratch.buffer);

function addressText(address: string, family: AddressFamily): string {
  encodeAddress(address, family, scratchBytes, 0);
  if (family === 'ipv4') return hex(scratch.getUint32(0), 8);
  const groups = Array.from({ length: 8 }, (_, group) => hex(scratch.getUint16(2 * group), 4).toLowerCase());
  return `[${groups.join(':')}]`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
