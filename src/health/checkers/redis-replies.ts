/** The outer shape of what a Redis server answers, as far as a client must be kept from it. Pure. */

/** One byte says what a reply is: a string, an error, a number, a string with its length before it. */
const LINES = new Set(Array.from('+-:', (type) => type.charCodeAt(0)));
const COUNTED = '$'.charCodeAt(0);
/** List, map, set, push, attribute. */
const GROUPS = new Set(Array.from('*%~>|', (type) => type.charCodeAt(0)));
/** Of the newer protocol, which nobody asked for: the client may find out. */
const NEWER = new Set(Array.from('_#,(!=', (type) => type.charCodeAt(0)));
const LINE_END = '\n'.charCodeAt(0);
const MAX_LENGTH_DIGITS = 12;

/**
 * Follows the replies of one connection. A client makes room for as many members as a list says that it has, which a
 * few bytes can make gigabytes; and no reply to a probe is a list.
 *
 * @see Redis serialization protocol specification
 */
export class RedisReplies {
  #at: 'type' | 'line' | 'length' | 'strange' = 'type';
  #length = '';
  #skipBytes = 0;

  /** @returns what is wrong with it; null = nothing that the client could not find out itself */
  faultOf(chunk: Buffer): Error | string | null {
    for (let index = 0; index < chunk.length;) {
      if (this.#at === 'strange') return null;
      if (this.#skipBytes > 0) {
        const skipped = Math.min(this.#skipBytes, chunk.length - index);
        this.#skipBytes -= skipped;
        index += skipped;
        continue;
      }
      const byte = chunk[index++] ?? 0;
      if (this.#at === 'type') {
        if (GROUPS.has(byte)) return 'the answer is a list';
        if (!this.#begin(byte)) return new Error('the server speaks no Redis');
      } else this.#goOn(byte);
    }
    return null;
  }

  /** @returns false when no reply begins so */
  #begin(type: number): boolean {
    if (type === COUNTED) this.#at = 'length';
    else this.#at = LINES.has(type) ? 'line' : 'strange';
    this.#length = '';
    return this.#at !== 'strange' || NEWER.has(type);
  }

  #goOn(byte: number): void {
    if (byte !== LINE_END) {
      if (this.#at === 'length' && this.#length.length < MAX_LENGTH_DIGITS)
        this.#length += String.fromCharCode(byte);
      return;
    }
    const length = this.#at === 'length' ? Number.parseInt(this.#length, 10) : -1;
    // Its own line end follows it.
    this.#skipBytes = length >= 0 ? length + 2 : 0;
    this.#at = 'type';
  }
}
