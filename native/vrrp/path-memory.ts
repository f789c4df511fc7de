/** Paths of packets as text: the same few senders advertise a hundred times a second, and their text is made once. Pure. */
import { addressBytes, formatAddress, type AddressFamily } from '../inet/address.js';
import type { ReceivedPath } from './packet.js';

/** More senders than a link has directors; strangers push one another out. */
const MOST_PATHS = 16;

interface KnownPath {
  /** Source, destination, hop limit. */
  readonly key: Uint8Array;
  readonly path: ReceivedPath;
}

/** Of one socket. The same path is the same object as long as it is remembered. */
export class PathMemory {
  readonly #family: AddressFamily;
  readonly #size: 4 | 16;
  readonly #known: KnownPath[] = [];
  #oldest = 0;

  constructor(family: AddressFamily) {
    this.#family = family;
    this.#size = addressBytes(family);
  }

  /**
   * Gives the path of a packet. The bytes are copied.
   *
   * @param source where the source's bytes begin in `sourceBytes`; `destination` likewise
   * @throws CodecError when an address passes the end of its bytes
   */
  pathOf(
    sourceBytes: Uint8Array,
    source: number,
    destinationBytes: Uint8Array,
    destination: number,
    hopLimit: number,
  ): ReceivedPath {
    const size = this.#size;
    for (const { key, path } of this.#known) {
      if (key[2 * size] !== hopLimit) continue;
      if (
        sameBytes(key, 0, sourceBytes, source, size) &&
        sameBytes(key, size, destinationBytes, destination, size)
      )
        return path;
    }
    return this.#learn(sourceBytes, source, destinationBytes, destination, hopLimit);
  }

  #learn(
    sourceBytes: Uint8Array,
    source: number,
    destinationBytes: Uint8Array,
    destination: number,
    hopLimit: number,
  ): ReceivedPath {
    const path: ReceivedPath = {
      family: this.#family,
      source: formatAddress(sourceBytes, source, this.#family),
      destination: formatAddress(destinationBytes, destination, this.#family),
      hopLimit,
    };
    const key = new Uint8Array(2 * this.#size + 1);
    key.set(sourceBytes.subarray(source, source + this.#size));
    key.set(destinationBytes.subarray(destination, destination + this.#size), this.#size);
    key[2 * this.#size] = hopLimit;
    this.#known[this.#oldest] = { key, path };
    this.#oldest = (this.#oldest + 1) % MOST_PATHS;
    return path;
  }
}

function sameBytes(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  for (let index = 0; index < length; index++) if (a[aStart + index] !== b[bStart + index]) return false;
  return true;
}
