/**
 * Netlink attributes: length, type and flags, value, padding; values may be attributes again.
 *
 * Shape: [u16 length with header, without padding | u16 type, upper two bits flags | value | pad to 4], host byte order.
 *
 * @see include/uapi/linux/netlink.h (nlattr); lib/nlattr.c
 */
import {
  align,
  attributeLengthShift,
  attributeTypeShift,
  hostIsLittleEndian,
  NLA_F_NESTED,
  NLA_F_NET_BYTEORDER,
  NLA_HDRLEN,
  NLA_TYPE_MASK,
} from './constants.js';
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
  readonly #view: DataView;
  readonly #end: number;
  #next: number;
  #start: number;
  #length = 0;
  #type = 0;

  /** @param end offset behind the last attribute; not past the reader's own end */
  constructor(reader: Reader, start: number, end: number) {
    if (start > end || end > reader.length) {
      refuse('attributes', start, `an end at most at ${reader.length}`, end);
    }
    this.#reader = reader;
    this.#view = reader.view;
    this.#next = start;
    this.#start = start;
    this.#end = end;
  }

  /** Goes on to the next attribute; false behind the last. */
  next(): boolean {
    const offset = this.#next;
    const left = this.#end - offset;
    if (left <= 0) return false;
    if (left < NLA_HDRLEN) refuse('attribute header', offset, `${NLA_HDRLEN} bytes`, left);
    // both halves in one: a large table has some hundred thousand attributes
    const header = this.#view.getUint32(offset, hostIsLittleEndian);
    const length = (header >>> attributeLengthShift) & 0xffff;
    if (length < NLA_HDRLEN || length > left)
      refuse('attribute length', offset, `${NLA_HDRLEN}..${left}`, length);
    this.#type = (header >>> attributeTypeShift) & 0xffff;
    this.#start = offset + NLA_HDRLEN;
    this.#length = length - NLA_HDRLEN;
    // the padding of the last attribute may be cut off, so this may lie behind the end
    this.#next = offset + align(length);
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

  /** Where the value begins in `source`. */
  get start(): number {
    return this.#start;
  }

  /** What is read: for values that are too many to make a view of each. */
  get source(): Uint8Array {
    return this.#reader.bytes;
  }

  u8(what: string): number {
    if (this.#length !== 1) this.#refuseLength(1, what);
    return this.#view.getUint8(this.#start);
  }

  u16(what: string): number {
    if (this.#length !== 2) this.#refuseLength(2, what);
    return this.#view.getUint16(this.#start, hostIsLittleEndian);
  }

  u16BigEndian(what: string): number {
    if (this.#length !== 2) this.#refuseLength(2, what);
    return this.#view.getUint16(this.#start, false);
  }

  u32(what: string): number {
    if (this.#length !== 4) this.#refuseLength(4, what);
    return this.#view.getUint32(this.#start, hostIsLittleEndian);
  }

  /** The first four bytes of a value of `length`. */
  firstU32(length: number, what: string): number {
    if (this.#length !== length) this.#refuseLength(length, what);
    return this.#view.getUint32(this.#start, hostIsLittleEndian);
  }

  u32BigEndian(what: string): number {
    if (this.#length !== 4) this.#refuseLength(4, what);
    return this.#view.getUint32(this.#start, false);
  }

  i32(what: string): number {
    if (this.#length !== 4) this.#refuseLength(4, what);
    return this.#view.getInt32(this.#start, hostIsLittleEndian);
  }

  u64(what: string): bigint {
    if (this.#length !== 8) this.#refuseLength(8, what);
    return this.#view.getBigUint64(this.#start, hostIsLittleEndian);
  }

  string(what: string): string {
    return this.#reader.string(this.#start, this.#length, what);
  }

  /** A view, not a copy. @param length demanded, or any */
  bytes(what: string, length = this.#length): Uint8Array {
    if (this.#length !== length) this.#refuseLength(length, what);
    return this.#reader.slice(this.#start, this.#length, what);
  }

  /** The value's own attributes. */
  nested(): AttributeReader {
    return new AttributeReader(this.#reader, this.#start, this.#start + this.#length);
  }

  #refuseLength(expected: number, what: string): never {
    refuse(what, this.#start, `${expected} bytes`, this.#length);
  }
}

function refuse(what: string, offset: number, expected: string, got: number): never {
  throw new CodecError({ what, offset, expected, got: `${got}` });
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
