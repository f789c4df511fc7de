/**
 * Netlink messages put together by hand, for tests: bytes as the C headers lay them out. Shares no code with
 * native/netlink, which it judges.
 */
import { endianness } from 'node:os';

export const hostIsLittleEndian = endianness() === 'LE';

/** Bytes of hexadecimal digits; blanks are free, and from `;` to the end of the line stands what they mean. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/;.*$/gm, '').replace(/\s+/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error(`no hexadecimal bytes: ${digits}`);
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}

/** Hexadecimal digits without blanks. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function number(size: number, write: (view: DataView) => void): Uint8Array {
  const view = new DataView(new ArrayBuffer(size));
  write(view);
  return new Uint8Array(view.buffer);
}

export const u8 = (value: number): Uint8Array => Uint8Array.of(value);
export const u16 = (value: number): Uint8Array => number(2, (v) => v.setUint16(0, value, hostIsLittleEndian));
export const u16be = (value: number): Uint8Array => number(2, (v) => v.setUint16(0, value, false));
export const u32 = (value: number): Uint8Array => number(4, (v) => v.setUint32(0, value, hostIsLittleEndian));
export const u32be = (value: number): Uint8Array => number(4, (v) => v.setUint32(0, value, false));
export const i32 = (value: number): Uint8Array => number(4, (v) => v.setInt32(0, value, hostIsLittleEndian));
export const u64 = (value: bigint): Uint8Array =>
  number(8, (v) => v.setBigUint64(0, value, hostIsLittleEndian));
/** With the NUL behind it. */
export const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(`${value}\0`));

function padded(bytes: Uint8Array): Uint8Array {
  return concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
}

/** One attribute, padded. @param type with its flag bits, if any */
export function attribute(type: number, ...value: readonly Uint8Array[]): Uint8Array {
  const payload = concat(...value);
  return padded(concat(u16(4 + payload.length), u16(type), payload));
}

export interface Header {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly portId: number;
}

/** One message, padded. */
export function message(header: Partial<Header>, ...payload: readonly Uint8Array[]): Uint8Array {
  const body = concat(...payload);
  return padded(concat(u32(16 + body.length), encodeRest(header), body));
}

function encodeRest({ type = 0, flags = 0, sequence = 0, portId = 0 }: Partial<Header>): Uint8Array {
  return concat(u16(type), u16(flags), u32(sequence), u32(portId));
}

/** The header that generic netlink puts before its attributes. */
export function genericHeader(command: number, version = 1): Uint8Array {
  return concat(u8(command), u8(version), u16(0));
}

export interface SeenMessage extends Header {
  readonly payload: Uint8Array;
  /** Header and payload. */
  readonly bytes: Uint8Array;
}

/** Takes a datagram apart. Bytes are copies. @throws Error when it is not made of whole, aligned messages */
export function readMessages(datagram: Uint8Array): SeenMessage[] {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const messages: SeenMessage[] = [];
  for (let offset = 0; offset < datagram.length;) {
    const length = view.getUint32(offset, hostIsLittleEndian);
    if (length < 16 || offset + length > datagram.length) {
      throw new Error(`message at ${offset} of ${datagram.length} bytes has length ${length}`);
    }
    const bytes = datagram.slice(offset, offset + length);
    messages.push({
      type: view.getUint16(offset + 4, hostIsLittleEndian),
      flags: view.getUint16(offset + 6, hostIsLittleEndian),
      sequence: view.getUint32(offset + 8, hostIsLittleEndian),
      portId: view.getUint32(offset + 12, hostIsLittleEndian),
      payload: bytes.slice(16),
      bytes,
    });
    offset += Math.ceil(length / 4) * 4;
  }
  return messages;
}
