/** Gathers lines into large pieces, for each write costs a system call. */
import type { TextSink } from './context.js';

const pieceBytes = 64 * 1024;

/**
 * Text in the order in which it is added.
 *
 * Kept as bytes: text put together from parts is a tree of them in memory until somebody needs it whole, and some thousand such
 * rows waiting for their write were most of what a large listing gave the collector to do.
 */
export class ChunkedText {
  readonly #sink: TextSink;
  readonly #bytes = Buffer.allocUnsafe(pieceBytes);
  #used = 0;
  /** What is to be written next, in front of the bytes. */
  #pieces: string[] = [];

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  /** Adds without writing. */
  add(text: string): void {
    // three bytes a character at most; nearly always it is one
    if (text.length * 3 > pieceBytes - this.#used) this.#cut();
    if (text.length * 3 > pieceBytes) this.#pieces.push(text);
    else this.#used += this.#bytes.write(text, this.#used);
  }

  /** Adds, and writes what has gathered when it is enough. @throws what the sink throws */
  put(text: string): Promise<void> | void {
    this.add(text);
    if (this.#pieces.length > 0) return this.#write();
  }

  /** Writes what has gathered. @throws what the sink throws */
  async end(): Promise<void> {
    this.#cut();
    await this.#write();
  }

  #cut(): void {
    if (this.#used > 0) this.#pieces.push(this.#bytes.toString('utf8', 0, this.#used));
    this.#used = 0;
  }

  async #write(): Promise<void> {
    const pieces = this.#pieces;
    this.#pieces = [];
    for (const piece of pieces) await this.#sink.write(piece);
  }
}
