/**
 * The segment that opens a TCP connection, as a question, and what answers it. Pure.
 *
 * Shape: [ports 4 B][sequence 4 B][acknowledgement 4 B][offset, flags 2 B][window 2 B][checksum 2 B][urgent 2 B], big-endian.
 *
 * @see RFC 9293 section 3.1
 */
import { readU16, writeU16 } from './ethernet.js';

export const IPPROTO_TCP = 6;
export const TCP_LENGTH = 20;
/** Where the checksum is. */
export const TCP_CHECKSUM = 16;
export const SYN = 0x02;
export const RST = 0x04;
export const ACK = 0x10;
/** Source ports of the questions begin here: the kernel gives these to nobody by itself. */
export const FIRST_PORT = 61_000;
const WINDOW = 1024;

/** Writes it without its checksum. @param sequence of the question, which its source port tells */
export function writeOpening(frame: Uint8Array, offset: number, sequence: number, port: number): void {
  writeU16(frame, offset, FIRST_PORT + sequence);
  writeU16(frame, offset + 2, port);
  frame[offset + 12] = (TCP_LENGTH / 4) << 4;
  frame[offset + 13] = SYN;
  writeU16(frame, offset + 14, WINDOW);
}

/** Whether agreed or refused, somebody listens to what is sent there. */
export interface OpeningAnswer {
  readonly identifier: null;
  /** Of the question. */
  readonly sequence: number;
  /** That was asked. */
  readonly tcpPort: number;
}

/** Gives what a segment answers, or null when it answers none. Never throws. */
export function readOpeningAnswer(frame: Uint8Array, offset: number): OpeningAnswer | null {
  if (frame.length < offset + TCP_LENGTH) return null;
  const flags = frame[offset + 13] ?? 0;
  const sequence = readU16(frame, offset + 2) - FIRST_PORT;
  const answers = (flags & RST) !== 0 || (flags & (SYN | ACK)) === (SYN | ACK);
  return answers && sequence >= 0 ? { identifier: null, sequence, tcpPort: readU16(frame, offset) } : null;
}
