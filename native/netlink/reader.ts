/** A bounds-checked view of bytes: every read names what it reads, and fails rather than pass the end. */
import { hostIsLittleEndian } from './constants.js';
import { CodecError } from './errors.js';

/** Passes nothing over: a name may begin with the bytes of a byte-order mark. */
const text = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Reads numbers, texts and bytes at offsets of one buffer. Host byte order, unless the name says `BigEndian`.
 *
 * Reads nothing outside `bytes`, whatever offset it is given. @throws CodecError from every method, and no other error.
 */
export class Reader {
  readonly bytes: Uint8Array;
  readonly length: number;
  /** For who knows that what is read is there. */
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.length = bytes.length;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(offset: number, what: string): number {
    this.need(offset, 1, what);
    return this.view.getUint8(offset);
  }

  u16(offset: number, what: string): number {
    this.need(offset, 2, what);
    return this.view.getUint16(offset, hostIsLittleEndian);
  }

  u16BigEndian(offset: number, what: string): number {
    this.need(offset, 2, what);
    return this.view.getUint16(offset, false);
  }

  u32(offset: number, what: string): number {
    this.need(offset, 4, what);
    return this.view.getUint32(offset, hostIsLittleEndian);
  }

  u32BigEndian(offset: number, what: string): number {
    this.need(offset, 4, what);
    return this.view.getUint32(offset, false);
  }

  i32(offset: number, what: string): number {
    this.need(offset, 4, what);
    return this.view.getInt32(offset, hostIsLittleEndian);
  }

  /** Need not be aligned: the kernel pads 64-bit attributes to 4 bytes only. */
  u64(offset: number, what: string): bigint {
    this.need(offset, 8, what);
    return this.view.getBigUint64(offset, hostIsLittleEndian);
  }

  /** A C string in a field of `length` bytes: up to the first NUL, or the whole field without one. */
  string(offset: number, length: number, what: string): string {
    const field = this.slice(offset, length, what);
    const end = field.indexOf(0);
    return text.decode(end === -1 ? field : field.subarray(0, end));
  }

  /** A view, not a copy. */
  slice(offset: number, length: number, what: string): Uint8Array {
    this.need(offset, length, what);
    return this.bytes.subarray(offset, offset + length);
  }

  /** @throws CodecError unless `length` bytes from `offset` on are there */
  need(offset: number, length: number, what: string): void {
    if (offset < 0 || length < 0 || offset + length > this.length) {
      throw new CodecError({
        what,
        offset,
        expected: `${length} bytes`,
        got: `${Math.max(0, this.length - offset)} before the end`,
      });
    }
  }
}
