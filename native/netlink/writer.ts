/** A growing buffer with a cursor: what messages are written into. Host byte order, unless the name says `BigEndian`. */
import { align, hostIsLittleEndian } from './constants.js';
import { CodecError } from './errors.js';

const text = new TextEncoder();

/**
 * Writes at its end, and patches what was written.
 *
 * The buffer is used again after `reset()`, so views that `finish()` gave hold until then. Values that do not fit their
 * field are refused, never cut. @throws CodecError from the number methods, and no other error.
 */
export class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  /** @param capacity bytes to begin with; it doubles when they are used up */
  constructor(capacity = 4096) {
    this.#bytes = new Uint8Array(new ArrayBuffer(capacity));
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** Forgets everything from `length` on. */
  reset(length = 0): void {
    this.#length = Math.min(length, this.#length);
  }

  /** What was written: a view that holds until the next write or reset. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(value: number, what: string): void {
    this.#check(value, 0xff, what);
    const offset = this.#take(1);
    this.#view.setUint8(offset, value);
  }

  u16(value: number, what: string): void {
    this.#check(value, 0xffff, what);
    const offset = this.#take(2);
    this.#view.setUint16(offset, value, hostIsLittleEndian);
  }

  u16BigEndian(value: number, what: string): void {
    this.#check(value, 0xffff, what);
    const offset = this.#take(2);
    this.#view.setUint16(offset, value, false);
  }

  u32(value: number, what: string): void {
    this.#check(value, 0xffffffff, what);
    const offset = this.#take(4);
    this.#view.setUint32(offset, value, hostIsLittleEndian);
  }

  u32BigEndian(value: number, what: string): void {
    this.#check(value, 0xffffffff, what);
    const offset = this.#take(4);
    this.#view.setUint32(offset, value, false);
  }

  i32(value: number, what: string): void {
    if (!Number.isInteger(value) || value < -0x80000000 || value > 0x7fffffff) {
      this.#refuse(value, '-2147483648..2147483647', what);
    }
    const offset = this.#take(4);
    this.#view.setInt32(offset, value, hostIsLittleEndian);
  }

  u64(value: bigint, what: string): void {
    if (value < 0n || value > 0xffffffffffffffffn) this.#refuse(value, '0..2^64-1', what);
    const offset = this.#take(8);
    this.#view.setBigUint64(offset, value, hostIsLittleEndian);
  }

  bytes(value: Uint8Array): void {
    const offset = this.#take(value.length);
    this.#bytes.set(value, offset);
  }

  /** UTF-8 with a NUL after it. */
  string(value: string, what: string): void {
    if (typeof value !== 'string' || value.includes('\0')) {
      this.#refuse(JSON.stringify(value), 'text without NUL', what);
    }
    // UTF-8 needs at most three bytes for each unit of a JavaScript string
    const offset = this.#take(value.length * 3);
    this.#length = offset + text.encodeInto(value, this.#bytes.subarray(offset)).written;
    this.zeros(1);
  }

  zeros(count: number): void {
    const offset = this.#take(count);
    this.#bytes.fill(0, offset, offset + count);
  }

  /** Appends `count` zero bytes, to be filled in through `buffer`; gives their offset. */
  reserve(count: number): number {
    const offset = this.#length;
    this.zeros(count);
    return offset;
  }

  /** What is written so far and the room behind it. Another one after every write, so not to be kept. */
  get buffer(): Uint8Array {
    return this.#bytes;
  }

  /** Pads with zeros to the next multiple of 4. */
  pad(): void {
    this.zeros(align(this.#length) - this.#length);
  }

  /** Writes over two bytes written before. */
  patchU16(offset: number, value: number, what: string): void {
    this.#check(value, 0xffff, what);
    this.#view.setUint16(offset, value, hostIsLittleEndian);
  }

  /** Writes over four bytes written before. */
  patchU32(offset: number, value: number, what: string): void {
    this.#check(value, 0xffffffff, what);
    this.#view.setUint32(offset, value, hostIsLittleEndian);
  }

  /** Reserves `count` bytes at the end and gives their offset. May replace the buffer, so take before touching it. */
  #take(count: number): number {
    const offset = this.#length;
    const needed = offset + count;
    if (needed > this.#bytes.length) this.#grow(needed);
    this.#length = needed;
    return offset;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(new ArrayBuffer(Math.max(needed, this.#bytes.length * 2)));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  #check(value: number, max: number, what: string): void {
    if (!(Number.isInteger(value) && value >= 0 && value <= max)) this.#refuse(value, `0..${max}`, what);
  }

  #refuse(value: number | bigint | string, expected: string, what: string): never {
    throw new CodecError({ what, offset: this.#length, expected, got: String(value) });
  }
}
