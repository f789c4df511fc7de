/**
 * Netlink attributes: length, type and flags, value, padding; values may be attributes again.
 *
 * Shape: [u16 length with header, without padding | u16 type, upper two bits flags | value | pad to 4], host byte order.
 *
 * @see include/uapi/linux/netlink.h (nlattr); lib/nlattr.c
 */
import { align, NLA_F_NESTED, NLA_F_NET_BYTEORDER, NLA_HDRLEN, NLA_TYPE_MASK } from './constants.js';
import { CodecError } from './errors.js';
import type { Reader } from './reader.js';
import type { Writer } from './writer.js';

/**
 * Steps through the attributes between two offsets of a reader: `next()`, then `type` and one of the value methods.
 *
 * The values of one attribute are read against its own length: a number has exactly its size. Order, duplicates and unknown
 * types are the caller's. @throws CodecError from every method, and no other error.
 */
export class AttributeReader {
  readonly #reader: Reader;
  readonly #end: number;
  #next: number;
  #start = 0;
  #length = 0;
  #type = 0;

  /** @param end offset behind the last attribute; not past the reader's own end */
  constructor(reader: Reader, start: number, end: number) {
    if (start > end || end > reader.length) {
      throw new CodecError({
        what: 'attributes',
        offset: start,
        expected: `an end at most at ${reader.length}`,
        got: `${end}`,
      });
    }
    this.#reader = reader;
    this.#next = start;
    this.#end = end;
  }

  /** Goes on to the next attribute; false behind the last. */
  next(): boolean {
    if (this.#next >= this.#end) return false;
    const offset = this.#next;
    this.#expect(this.#end - offset >= NLA_HDRLEN, 'attribute header', offset, '4 bytes', this.#end - offset);
    const length = this.#reader.u16(offset, 'attribute length');
    const fits = length >= NLA_HDRLEN && offset + length <= this.#end;
    this.#expect(fits, 'attribute length', offset, `${NLA_HDRLEN}..${this.#end - offset}`, length);
    this.#type = this.#reader.u16(offset + 2, 'attribute type');
    this.#start = offset + NLA_HDRLEN;
    this.#length = length - NLA_HDRLEN;
    // the padding of the last attribute may be cut off
    this.#next = Math.min(offset + align(length), this.#end);
    return true;
  }

  get type(): number {
    return this.#type & NLA_TYPE_MASK;
  }

  /** The sender says that the value is in network byte order. */
  get isNetworkByteOrder(): boolean {
    return (this.#type & NLA_F_NET_BYTEORDER) !== 0;
  }

  /** The sender says that the value is attributes; the kernel's older families do not bother to. */
  get isNested(): boolean {
    return (this.#type & NLA_F_NESTED) !== 0;
  }

  /** Bytes of the value. */
  get length(): number {
    return this.#length;
  }

  u8(what: string): number {
    this.#expectLength(1, what);
    return this.#reader.u8(this.#start, what);
  }

  u16(what: string): number {
    this.#expectLength(2, what);
    return this.#reader.u16(this.#start, what);
  }

  u16BigEndian(what: string): number {
    this.#expectLength(2, what);
    return this.#reader.u16BigEndian(this.#start, what);
  }

  u32(what: string): number {
    this.#expectLength(4, what);
    return this.#reader.u32(this.#start, what);
  }

  u32BigEndian(what: string): number {
    this.#expectLength(4, what);
    return this.#reader.u32BigEndian(this.#start, what);
  }

  i32(what: string): number {
    this.#expectLength(4, what);
    return this.#reader.i32(this.#start, what);
  }

  u64(what: string): bigint {
    this.#expectLength(8, what);
    return this.#reader.u64(this.#start, what);
  }

  string(what: string): string {
    return this.#reader.string(this.#start, this.#length, what);
  }

  /** A view, not a copy. @param length demanded, or any */
  bytes(what: string, length = this.#length): Uint8Array {
    this.#expectLength(length, what);
    return this.#reader.slice(this.#start, this.#length, what);
  }

  /** The value's own attributes. */
  nested(): AttributeReader {
    return new AttributeReader(this.#reader, this.#start, this.#start + this.#length);
  }

  #expectLength(expected: number, what: string): void {
    this.#expect(this.#length === expected, what, this.#start, `${expected} bytes`, this.#length);
  }

  #expect(holds: boolean, what: string, offset: number, expected: string, got: number): void {
    if (!holds) throw new CodecError({ what, offset, expected, got: `${got}` });
  }
}

/**
 * Appends attributes to a writer.
 *
 * @throws CodecError when a value does not fit its field, and no other error
 */
export class AttributeWriter {
  /** Where they go: for what stands before and between them. */
  readonly writer: Writer;

  constructor(writer: Writer) {
    this.writer = writer;
  }

  u8(type: number, value: number, what: string): void {
    this.#header(type, 1);
    this.writer.u8(value, what);
    this.writer.pad();
  }

  u16(type: number, value: number, what: string): void {
    this.#header(type, 2);
    this.writer.u16(value, what);
    this.writer.pad();
  }

  u16BigEndian(type: number, value: number, what: string): void {
    this.#header(type, 2);
    this.writer.u16BigEndian(value, what);
    this.writer.pad();
  }

  u32(type: number, value: number, what: string): void {
    this.#header(type, 4);
    this.writer.u32(value, what);
  }

  u32BigEndian(type: number, value: number, what: string): void {
    this.#header(type, 4);
    this.writer.u32BigEndian(value, what);
  }

  i32(type: number, value: number, what: string): void {
    this.#header(type, 4);
    this.writer.i32(value, what);
  }

  u64(type: number, value: bigint, what: string): void {
    this.#header(type, 8);
    this.writer.u64(value, what);
  }

  /** With a NUL at its end, as the kernel's NUL strings want it. */
  string(type: number, value: string, what: string): void {
    const start = this.begin(type);
    this.writer.string(value, what);
    this.end(start, what);
  }

  bytes(type: number, value: Uint8Array, what: string): void {
    const start = this.begin(type);
    this.writer.bytes(value);
    this.end(start, what);
  }

  /** Appends an attribute of `length` zero bytes, to be filled in through the writer's buffer; gives their offset. */
  reserve(type: number, length: number): number {
    this.#header(type, length);
    const offset = this.writer.reserve(length);
    this.writer.pad();
    return offset;
  }

  /** Begins an attribute whose value is written next; `end` takes what this returns. @param flags `NLA_F_*` */
  begin(type: number, flags = 0): number {
    const start = this.writer.length;
    this.writer.u16(0, 'attribute length');
    this.writer.u16(type | flags, 'attribute type');
    return start;
  }

  /** Writes the length of what was written since `begin`, and the padding. */
  end(start: number, what: string): void {
    this.writer.patchU16(start, this.writer.length - start, what);
    this.writer.pad();
  }

  #header(type: number, length: number): void {
    this.writer.u16(NLA_HDRLEN + length, 'attribute length');
    this.writer.u16(type, 'attribute type');
  }
}
