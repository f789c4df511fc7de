/** Hellos that repeat the last one of their sender byte for byte: one that is known need not be decoded. Pure. */
import { decodeHello, isHelloDrop, type Hello, type HelloDrop } from './hello.js';
import type { ReceivedPath } from './packet.js';

interface LastHello {
  readonly bytes: Uint8Array;
  readonly hello: Hello;
}

/** More senders than a line has directors; of strangers all are forgotten at once. */
const MOST_SENDERS = 16;

/** Of one socket. Remembers one hello a VRID and sender. */
export class HelloMemory {
  readonly #last = new Map<number, Map<ReceivedPath, LastHello>>();

  /** As `decodeHello`; the result may be the object of the call before. @param path of a `PathMemory` */
  decode(bytes: Uint8Array, path: ReceivedPath): Hello | HelloDrop {
    const last = this.#last.get(bytes[1] ?? 0)?.get(path);
    if (last !== undefined && sameBytes(last.bytes, bytes)) return last.hello;
    const decoded = decodeHello(bytes, path);
    if (!isHelloDrop(decoded)) this.#learn(bytes, path, decoded);
    return decoded;
  }

  #learn(bytes: Uint8Array, path: ReceivedPath, hello: Hello): void {
    const senders = this.#last.get(hello.vrid) ?? new Map<ReceivedPath, LastHello>();
    if (senders.size >= MOST_SENDERS) senders.clear();
    senders.set(path, { bytes: bytes.slice(), hello });
    this.#last.set(hello.vrid, senders);
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
