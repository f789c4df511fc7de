/** One socket: open, bind, options, send, receive, close, with the retry rules of EINTR and EAGAIN. */
import { constants, endianness } from 'node:os';
import * as libc from './binding.js';
import {
  MSG_DONTWAIT,
  MSG_TRUNC,
  POLLIN,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SO_BINDTODEVICE,
  SO_MARK,
  SOL_SOCKET,
} from './constants.js';
import { ControlReader } from './control-message.js';
import { Descriptor } from './descriptor.js';
import { SyscallError } from './errno.js';
import { MessageHeader } from './message-header.js';

const { EAGAIN, EBADF, EBUSY, EINTR } = constants.errno;
const littleEndian = endianness() === 'LE';
const maxAddressBytes = 128;

export interface Received {
  /** Bytes of the datagram, which is more than the buffer holds when `truncated`. */
  readonly length: number;
  readonly truncated: boolean;
  /** The sender's sockaddr: a view that holds until the next call. */
  readonly address: Uint8Array;
}

/**
 * Room for one datagram with its sender and its control messages, to be received into time and again: nothing is made anew
 * for any of them. What a call left there holds until the next one.
 */
export class ReceiveRoom {
  readonly data: Uint8Array;
  /** The sender's sockaddr. */
  readonly address = new Uint8Array(new ArrayBuffer(maxAddressBytes));
  readonly control: ControlReader;
  /** Of a `Socket`, which fills it. */
  readonly header = new MessageHeader();
  /** Bytes of the datagram, which is more than `data` holds when it was cut off. */
  length = 0;

  /** @param data memory that does not move: on an `ArrayBuffer` of its own. @param controlBytes see `controlSpace` */
  constructor(data: Uint8Array, controlBytes = 0) {
    this.data = data;
    this.control = new ControlReader(controlBytes);
  }

  get addressLength(): number {
    return Math.min(this.header.addressLength, maxAddressBytes);
  }

  get controlLength(): number {
    return this.header.controlLength;
  }
}

/**
 * A socket that does not block and is not inherited by children.
 *
 * Every method throws `SyscallError` with `EBADF` after `close()`.
 */
export class Socket {
  readonly #descriptor: Descriptor;
  readonly #subject: string;
  readonly #sending = new MessageHeader();
  readonly #receiving = new MessageHeader();
  #endWatch: (() => void) | null = null;
  readonly #sender = new Uint8Array(new ArrayBuffer(maxAddressBytes));

  private constructor(descriptor: Descriptor, subject: string) {
    this.#descriptor = descriptor;
    this.#subject = subject;
  }

  /**
   * @param subject what errors call it: `netlink socket`
   * @throws SyscallError
   * @see socket(2)
   */
  static open(domain: number, type: number, protocol: number, subject: string): Socket {
    const fd = libc.socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd === -1) throw new SyscallError('socket', libc.lastErrno(), subject);
    return new Socket(new Descriptor(fd), subject);
  }

  /** @param address a sockaddr. @throws SyscallError */
  bind(address: Uint8Array): void {
    this.#check('bind', libc.bind(this.#fd('bind'), address, address.length));
  }

  /** Of a datagram or raw socket, which is at once. @param address a sockaddr. @throws SyscallError */
  connect(address: Uint8Array): void {
    this.#check('connect', libc.connect(this.#fd('connect'), address, address.length));
  }

  /** The own sockaddr, copied. @throws SyscallError */
  localAddress(): Uint8Array {
    const address = new Uint8Array(maxAddressBytes);
    const length = lengthCell(maxAddressBytes);
    this.#check('getsockname', libc.getsockname(this.#fd('getsockname'), address, bytesOf(length)));
    return address.subarray(0, length.getUint32(0, littleEndian));
  }

  /** @throws SyscallError */
  setOption(level: number, name: number, value: number): void {
    const cell = new DataView(new ArrayBuffer(4));
    cell.setInt32(0, value, littleEndian);
    this.#check('setsockopt', libc.setsockopt(this.#fd('setsockopt'), level, name, bytesOf(cell), 4));
  }

  /** For options that are no number. @throws SyscallError */
  setOptionBytes(level: number, name: number, value: Uint8Array): void {
    this.#check('setsockopt', libc.setsockopt(this.#fd('setsockopt'), level, name, value, value.length));
  }

  /** Packets leave by this interface alone, whatever the routes say. @throws SyscallError. @see socket(7) */
  bindToDevice(name: string): void {
    this.setOptionBytes(SOL_SOCKET, SO_BINDTODEVICE, new TextEncoder().encode(`${name}\0`));
  }

  /** Packets carry this firewall mark, 0..2^32-1; needs CAP_NET_ADMIN. @throws SyscallError. @see socket(7) */
  setMark(mark: number): void {
    this.setOption(SOL_SOCKET, SO_MARK, mark | 0);
  }

  /** Hands the descriptor over to somebody who closes it; this object is closed then. @throws SyscallError */
  release(): number {
    const fd = this.#descriptor.release();
    if (fd === null) throw new SyscallError('release', EBADF, this.#subject);
    return fd;
  }

  /** @throws SyscallError */
  option(level: number, name: number): number {
    const cell = new DataView(new ArrayBuffer(4));
    this.#check(
      'getsockopt',
      libc.getsockopt(this.#fd('getsockopt'), level, name, bytesOf(cell), bytesOf(lengthCell(4))),
    );
    return cell.getInt32(0, littleEndian);
  }

  /**
   * Sets a buffer size past the system's limit where the process may (`forceName`, CAP_NET_ADMIN), else up to that limit.
   *
   * @returns the size that the kernel granted, in bytes as it counts them (twice what was asked)
   * @throws SyscallError
   */
  growBuffer(forceName: number, name: number, size: number): number {
    try {
      this.setOption(SOL_SOCKET, forceName, size);
    } catch (error) {
      if (!(error instanceof SyscallError) || error.details.errno !== 'EPERM') throw error;
      this.setOption(SOL_SOCKET, name, size);
    }
    return this.option(SOL_SOCKET, name);
  }

  /**
   * Sends one datagram whole.
   *
   * @param address a sockaddr, or null on a connected socket
   * @param control control messages, see `encodeControl`
   * @throws SyscallError
   */
  send(data: Uint8Array, address: Uint8Array | null, control: Uint8Array | null = null): void {
    this.#sending.setData(data);
    this.#sending.setAddress(address);
    this.#sending.setControl(control);
    for (;;) {
      if (libc.sendmsg(this.#fd('sendmsg'), this.#sending.bytes, 0) !== -1) return;
      const errno = libc.lastErrno();
      if (errno !== EINTR) throw new SyscallError('sendmsg', errno, this.#subject);
    }
  }

  /**
   * Receives one datagram into `buffer`, without waiting.
   *
   * @returns null when there is none
   * @throws SyscallError
   */
  receive(buffer: Uint8Array): Received | null {
    this.#receiving.setData(buffer);
    this.#receiving.setAddress(this.#sender);
    const length = this.#receiveMessage(this.#receiving);
    if (length === null) return null;
    return {
      length,
      truncated: length > buffer.length,
      address: this.#sender.subarray(0, Math.min(this.#receiving.addressLength, maxAddressBytes)),
    };
  }

  /**
   * Receives one datagram as `receive` does, with its control messages.
   *
   * @returns false when there is none
   * @throws SyscallError
   */
  receiveInto(room: ReceiveRoom): boolean {
    const { header, control } = room;
    header.setData(room.data);
    header.setAddress(room.address);
    header.setControl(control.bytes.length === 0 ? null : control.bytes);
    const length = this.#receiveMessage(header);
    if (length === null) return false;
    room.length = length;
    return true;
  }

  /**
   * Blocks the thread until something can be received.
   *
   * @param timeoutMs 0..2^31-1; a signal that interrupts does not prolong it
   * @returns false when the time is over
   * @throws SyscallError
   */
  waitReadable(timeoutMs: number): boolean {
    const entry = new DataView(new ArrayBuffer(8));
    entry.setInt32(0, this.#fd('poll'), littleEndian);
    entry.setInt16(4, POLLIN, littleEndian);
    const end = monotonicMs() + timeoutMs;
    for (let leftMs = timeoutMs; ; leftMs = Math.max(0, end - monotonicMs())) {
      const ready = libc.poll(bytesOf(entry), 1, leftMs);
      if (ready !== -1) return ready > 0;
      const errno = libc.lastErrno();
      if (errno !== EINTR) throw new SyscallError('poll', errno, this.#subject);
    }
  }

  /**
   * Calls back on the event loop whenever something can be received, until the returned function is called.
   * `close()` ends it too. While it watches, the loop stays alive. One watch at a time.
   *
   * @throws SyscallError; `EBUSY` while another watch lasts
   */
  watchReadable(onReadable: () => void): () => void {
    const fd = this.#fd('poll');
    if (this.#endWatch !== null) throw new SyscallError('poll', EBUSY, this.#subject);
    const end = libc.watchReadable(fd, onReadable);
    const endOnce = (): void => {
      if (this.#endWatch !== endOnce) return;
      this.#endWatch = null;
      end();
    };
    this.#endWatch = endOnce;
    return endOnce;
  }

  /** May be called twice. Never throws. */
  close(): void {
    // the event loop aborts the process when a descriptor that it watches is another one all of a sudden
    this.#endWatch?.();
    this.#descriptor.close();
  }

  /** Gives the datagram's real length, null when there is none. */
  #receiveMessage(header: MessageHeader): number | null {
    for (;;) {
      // MSG_TRUNC makes the kernel return the real length
      const length = libc.recvmsg(this.#fd('recvmsg'), header.bytes, MSG_DONTWAIT | MSG_TRUNC);
      if (length !== -1) return length;
      const errno = libc.lastErrno();
      if (errno === EAGAIN) return null;
      if (errno !== EINTR) throw new SyscallError('recvmsg', errno, this.#subject);
    }
  }

  #fd(syscall: string): number {
    const fd = this.#descriptor.fd;
    if (fd === null) throw new SyscallError(syscall, EBADF, this.#subject);
    return fd;
  }

  #check(syscall: string, result: number): void {
    if (result === -1) throw new SyscallError(syscall, libc.lastErrno(), this.#subject);
  }
}

/** Whole milliseconds of a clock that nobody sets. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

function lengthCell(length: number): DataView {
  const cell = new DataView(new ArrayBuffer(4));
  cell.setUint32(0, length, littleEndian);
  return cell;
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
