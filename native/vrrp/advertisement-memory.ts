/**
 * Advertisements that repeat the last one byte for byte: nearly all of them do, and one that is known need not be decoded, nor
 * anything be allocated for it. Pure.
 */
import {
  decodeAdvertisement,
  isDrop,
  type PacketDrop,
  type ReceivedPath,
  type VrrpAdvertisement,
} from './packet.js';

interface LastAdvertisement {
  readonly path: ReceivedPath;
  readonly bytes: Uint8Array;
  readonly advertisement: VrrpAdvertisement;
}

/** Of one socket. Remembers one advertisement a VRID. */
export class AdvertisementMemory {
  readonly #last = new Map<number, LastAdvertisement>();

  /** As `decodeAdvertisement`; the result may be the object of the call before. @param path of a `PathMemory` */
  decode(bytes: Uint8Array, path: ReceivedPath): VrrpAdvertisement | PacketDrop {
    const last = this.#last.get(bytes[1] ?? 0);
    if (last?.path === path && sameBytes(last.bytes, bytes)) return last.advertisement;
    const decoded = decodeAdvertisement(bytes, path);
    if (!isDrop(decoded))
      this.#last.set(decoded.vrid, { path, bytes: bytes.slice(), advertisement: decoded });
    return decoded;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
