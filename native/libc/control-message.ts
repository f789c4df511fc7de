/** Control messages of sendmsg and recvmsg: what goes beside a datagram. Bytes only. */
import { endianness } from 'node:os';
import { pointerBytes } from './binding.js';

const littleEndian = endianness() === 'LE';

/** `struct cmsghdr`: size_t length, i32 level, i32 type; the data behind it, the next one at a multiple of a `size_t`. */
const LEVEL = pointerBytes;
const TYPE = LEVEL + 4;
const HEADER_BYTES = TYPE + 4;

function aligned(length: number): number {
  return Math.ceil(length / pointerBytes) * pointerBytes;
}

/** Bytes that control messages with data of these lengths take. Never throws. @see cmsg(3) (CMSG_SPACE) */
export function controlSpace(...lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + HEADER_BYTES + aligned(length), 0);
}

/** Gives one control message. Its memory does not move. Never throws. */
export function encodeControl(level: number, type: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(controlSpace(data.length)));
  const view = new DataView(bytes.buffer);
  const length = HEADER_BYTES + data.length;
  if (pointerBytes === 8) view.setBigUint64(0, BigInt(length), littleEndian);
  else view.setUint32(0, length, littleEndian);
  view.setInt32(LEVEL, level, littleEndian);
  view.setInt32(TYPE, type, littleEndian);
  bytes.set(data, HEADER_BYTES);
  return bytes;
}

/** Finds the data of control messages in room that is used time and again. */
export class ControlReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  /** @param size see `controlSpace` */
  constructor(size: number) {
    this.#view = new DataView(new ArrayBuffer(size));
    this.bytes = new Uint8Array(this.#view.buffer);
  }

  /**
   * Gives where the data of the first message of a kind begin, or -1 when there is none with as many bytes. Never throws.
   *
   * @param end bytes of the room that recvmsg filled
   */
  find(end: number, level: number, type: number, dataBytes: number): number {
    const last = Math.min(end, this.bytes.length);
    for (let offset = 0; offset + HEADER_BYTES <= last;) {
      const length = this.#lengthAt(offset);
      if (length < HEADER_BYTES || offset + length > last) return -1;
      if (this.#isOf(offset, level, type))
        return length >= HEADER_BYTES + dataBytes ? offset + HEADER_BYTES : -1;
      offset += aligned(length);
    }
    return -1;
  }

  /** A number in host order. @param offset as `find` gives it */
  int32(offset: number): number {
    return this.#view.getInt32(offset, littleEndian);
  }

  #isOf(offset: number, level: number, type: number): boolean {
    return this.int32(offset + LEVEL) === level && this.int32(offset + TYPE) === type;
  }

  /** The low half of a `size_t`: nobody has control messages of 4 GiB. */
  #lengthAt(offset: number): number {
    const low = littleEndian ? offset : offset + pointerBytes - 4;
    return this.#view.getUint32(low, littleEndian);
  }
}
