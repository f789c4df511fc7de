/** Gathers lines into large pieces, for each write costs a system call. */
import type { TextSink } from './context.js';

/** Characters. */
const pieceLength = 64 * 1024;

export class ChunkedText {
  readonly #sink: TextSink;
  #text = '';

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  /** Adds without writing. */
  add(text: string): void {
    this.#text += text;
  }

  /** Adds, and writes what has gathered when it is enough. @throws what the sink throws */
  put(text: string): Promise<void> | void {
    this.#text += text;
    if (this.#text.length >= pieceLength) return this.end();
  }

  /** Writes what has gathered. @throws what the sink throws */
  async end(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    if (text !== '') await this.#sink.write(text);
  }
}
