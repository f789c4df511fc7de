/**
 * The servers of a plain listing with numbers, made from the rows that the kernel prints: same columns, another way to write
 * addresses. Byte for byte, since strings and objects for tens of thousands of rows were most of what a large listing cost.
 */
import { formatAddress } from '../../native/inet/address.js';
import type { IpvsServiceKey } from '../../native/ipvs/types.js';
import { emptyRow, isServerRow, readServerRow, serverRowBytes } from '../../native/proc/printed-row.js';
import type { PrintedRow } from '../../native/proc/printed-row.js';
import type { PrintedTable } from '../../native/proc/printed-table.js';
import type { ChunkedText } from './chunked-text.js';
import { endpointWidth } from './endpoint-text.js';
import { sortAddresses } from './order.js';

const blank = 0x20;
const colon = 0x3a;
const dot = 0x2e;
const zero = 0x30;
const lineFeed = 0x0a;

const arrow = Buffer.from('  -> ');
/** Longer than the widest first column, which is one of IPv6. */
const firstColumnRoom = 64;

export class PrintedRows {
  readonly #table: PrintedTable;
  /** Those of the service at hand are in front; taken for the next one again. */
  readonly #rows: PrintedRow[] = [];

  constructor(table: PrintedTable) {
    this.#table = table;
  }

  /**
   * Adds the rows of a service's servers below its own.
   *
   * @returns false when the file does not tell them: nothing is added then.
   */
  add(service: IpvsServiceKey, serviceRow: string, sorted: boolean, out: ChunkedText): boolean {
    const start = this.#table.serversOf(service);
    const count = start === null ? -1 : this.#read(start);
    if (count < 0) return false;
    out.add(serviceRow);
    if (sorted) sortAddresses(this.#rows, count);
    for (let index = 0; index < count; index++) {
      const row = this.#rows[index];
      if (row !== undefined) addRow(row, this.#table.bytes, out);
    }
    return true;
  }

  /** @returns how many there are, or -1 when one cannot be read */
  #read(start: number): number {
    const { bytes } = this.#table;
    let count = 0;
    for (let offset = start; isServerRow(bytes, offset); offset += serverRowBytes(bytes, offset)) {
      const row = (this.#rows[count++] ??= emptyRow());
      if (!readServerRow(bytes, offset, row)) return -1;
    }
    return count;
  }
}

function addRow(row: PrintedRow, printed: Uint8Array, out: ChunkedText): void {
  const { columnsStart, end } = row;
  const room = out.reserve(firstColumnRoom + end - columnsStart);
  const bytes = out.bytes;
  let offset = room;
  for (const character of arrow) bytes[offset++] = character;
  const columnEnd = offset + endpointWidth;
  offset = row.ipv6 ? writeIpv6(row, bytes, offset) : writeIpv4(row.words[0], bytes, offset);
  bytes[offset++] = colon;
  offset = writeNumber(row.port, bytes, offset);
  do bytes[offset++] = blank;
  while (offset <= columnEnd);
  for (let from = columnsStart; from < end; from++) bytes[offset++] = printed[from] ?? blank;
  bytes[offset++] = lineFeed;
  out.use(offset - room);
}

function writeIpv4(address: number, bytes: Uint8Array, start: number): number {
  let offset = writeNumber(address >>> 24, bytes, start);
  bytes[offset++] = dot;
  offset = writeNumber((address >>> 16) & 255, bytes, offset);
  bytes[offset++] = dot;
  offset = writeNumber((address >>> 8) & 255, bytes, offset);
  bytes[offset++] = dot;
  return writeNumber(address & 255, bytes, offset);
}

const ipv6Address = new DataView(new ArrayBuffer(16));
const ipv6Bytes = new Uint8Array(ipv6Address.buffer);

function writeIpv6({ words }: PrintedRow, bytes: Buffer, start: number): number {
  for (let word = 0; word < 4; word++) ipv6Address.setInt32(4 * word, words[word] ?? 0);
  return start + bytes.write(`[${formatAddress(ipv6Bytes, 0, 'ipv6')}]`, start, 'latin1');
}

/** Decimal digits of 0..65535. */
function writeNumber(value: number, bytes: Uint8Array, start: number): number {
  const end = start + (value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : value < 10_000 ? 4 : 5);
  let rest = value;
  for (let offset = end - 1; offset >= start; offset--) {
    const next = (rest / 10) | 0;
    bytes[offset] = zero + rest - 10 * next;
    rest = next;
  }
  return end;
}
