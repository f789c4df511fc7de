/** `struct msghdr` with one buffer and one address, written once and used for many calls. Bytes only. */
import { endianness } from 'node:os';
import { addressOf, iovecLayout, msghdrLayout, pointerBytes } from './binding.js';

const littleEndian = endianness() === 'LE';

/** Memory that never moves: a small typed array may live on the collected heap, an ArrayBuffer does not. */
function fixedMemory(size: number): DataView {
  return new DataView(new ArrayBuffer(size));
}

function setPointer(view: DataView, offset: number, value: bigint): void {
  if (pointerBytes === 8) view.setBigUint64(offset, value, littleEndian);
  else view.setUint32(offset, Number(value), littleEndian);
}

/** Where the 32 bits of a `size_t` are that are ever set. */
const sizeOffset = littleEndian ? 0 : pointerBytes - 4;

/** Written for every datagram, and so without a bigint made for it. @param value a `size_t` below 2^32 */
function setSize(view: DataView, offset: number, value: number): void {
  view.setUint32(offset + sizeOffset, value, littleEndian);
}

/**
 * The header of sendmsg and recvmsg calls. It points at the buffer and the address last given, and keeps them alive.
 *
 * @see recvmsg(2)
 */
export class MessageHeader {
  readonly #header = fixedMemory(msghdrLayout.size);
  readonly #vector = fixedMemory(iovecLayout.size);
  /** Kept, since the header holds only their addresses. */
  #kept: { data: Uint8Array | null; address: Uint8Array | null; control: Uint8Array | null } = {
    data: null,
    address: null,
    control: null,
  };
  readonly bytes = new Uint8Array(this.#header.buffer);

  constructor() {
    const vector = new Uint8Array(this.#vector.buffer);
    setPointer(this.#header, msghdrLayout.msg_iov, addressOf(vector));
    setSize(this.#header, msghdrLayout.msg_iovlen, 1);
  }

  /** Points at the data to send, or at the room to receive into. */
  setData(data: Uint8Array): void {
    if (this.#kept.data !== data) {
      setPointer(this.#vector, iovecLayout.iov_base, data.length === 0 ? 0n : addressOf(data));
      this.#kept.data = data;
    }
    setSize(this.#vector, iovecLayout.iov_len, data.length);
    this.#header.setInt32(msghdrLayout.msg_flags, 0, littleEndian);
  }

  /** Points at the peer's address to send to, or at the room for the sender's. Null for none. */
  setAddress(address: Uint8Array | null): void {
    if (this.#kept.address !== address) {
      setPointer(this.#header, msghdrLayout.msg_name, address === null ? 0n : addressOf(address));
      this.#kept.address = address;
    }
    this.#header.setUint32(msghdrLayout.msg_namelen, address?.length ?? 0, littleEndian);
  }

  /** Points at the control messages to send, or at the room for those that come. Null for none. */
  setControl(control: Uint8Array | null): void {
    if (this.#kept.control !== control) {
      setPointer(this.#header, msghdrLayout.msg_control, control === null ? 0n : addressOf(control));
      this.#kept.control = control;
    }
    setSize(this.#header, msghdrLayout.msg_controllen, control?.length ?? 0);
  }

  /** `MSG_*` as recvmsg left them. */
  get flags(): number {
    return this.#header.getInt32(msghdrLayout.msg_flags, littleEndian);
  }

  /** Bytes of the sender's address as recvmsg left them. */
  get addressLength(): number {
    return this.#header.getUint32(msghdrLayout.msg_namelen, littleEndian);
  }

  /** Bytes of the control messages as recvmsg left them. */
  get controlLength(): number {
    return this.#header.getUint32(msghdrLayout.msg_controllen + sizeOffset, littleEndian);
  }
}
