/** Gathers lines into large pieces, for each write costs a system call. */
import type { TextSink } from './context.js';

const pieceBytes = 64 * 1024;
/** Kept free behind a piece, so that it is rarely cut within a service. */
const spareBytes = 16 * 1024;

/**
 * Text in the order in which it is added.
 *
 * Kept as bytes, always the same ones: text put together from parts is a tree of them in memory until somebody needs it whole,
 * and some thousand such rows waiting for their write were most of what a large listing gave the collector to do.
 */
export class ChunkedText {
  readonly #sink: TextSink;
  /** Where text may be written that `reserve` made room for. */
  readonly bytes = Buffer.allocUnsafeSlow(pieceBytes + spareBytes);
  #used = 0;
  /** What is to be written next, in front of the bytes. */
  #pieces: (string | Uint8Array)[] = [];

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  /** Adds without writing. */
  add(text: string): void {
    // three bytes a character at most; nearly always it is one
    const most = text.length * 3;
    if (most <= this.bytes.length) {
      this.reserve(most);
      this.#used += this.bytes.write(text, this.#used);
    } else {
      this.#cut();
      this.#pieces.push(text);
    }
  }

  /** Makes room for `length` bytes, 64 KiB at most, and gives their offset in `bytes`; `use` adds what was written there. */
  reserve(length: number): number {
    if (length > this.bytes.length - this.#used) this.#cut();
    return this.#used;
  }

  /** Adds that many bytes, which were written where `reserve` said. */
  use(length: number): void {
    this.#used += length;
  }

  /** Writes what has gathered when it is enough. @throws what the sink throws */
  flow(): Promise<void> | void {
    if (this.#pieces.length > 0 || this.#used >= pieceBytes) return this.end();
  }

  /** Adds, and writes what has gathered when it is enough. @throws what the sink throws */
  put(text: string): Promise<void> | void {
    this.add(text);
    return this.flow();
  }

  /** Writes what has gathered. @throws what the sink throws */
  async end(): Promise<void> {
    const pieces = this.#pieces;
    this.#pieces = [];
    for (const piece of pieces) await this.#write(piece);
    if (this.#used > 0) await this.#write(this.bytes.subarray(0, this.#used));
    this.#used = 0;
  }

  #cut(): void {
    if (this.#used > 0) this.#pieces.push(Buffer.from(this.bytes.subarray(0, this.#used)));
    this.#used = 0;
  }

  #write(piece: string | Uint8Array): void | Promise<void> {
    if (typeof piece === 'string') return this.#sink.write(piece);
    if (this.#sink.writeBytes !== undefined) return this.#sink.writeBytes(piece);
    return this.#sink.write(Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString());
  }
}
