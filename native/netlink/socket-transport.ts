/** The real transport: a netlink socket of the network namespace in which it is opened. */
import {
  AF_NETLINK,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_RAW,
} from '../libc/constants.js';
import { SyscallError } from '../libc/errno.js';
import { Socket } from '../libc/socket.js';
import { hostIsLittleEndian, NETLINK_ADD_MEMBERSHIP, NETLINK_CAP_ACK } from './constants.js';
import { NETLINK_EXT_ACK, SOL_NETLINK } from './constants.js';
import type { Transport } from './transport.js';

/** The kernel fills dump datagrams up to 32 KiB when that much room is offered; the rest is for single large replies. */
const receiveBytes = 64 * 1024;
const wantedBufferBytes = 1024 * 1024;

export interface SocketOptions {
  /** Multicast groups whose notices to receive. */
  readonly groups?: readonly number[];
}

/** `struct sockaddr_nl`: u16 family, u16 0, u32 port id, u32 groups. Port 0 is the kernel's. */
const kernelAddress = new Uint8Array(12);
new DataView(kernelAddress.buffer).setUint16(0, AF_NETLINK, hostIsLittleEndian);

/**
 * A netlink socket. Takes datagrams of the kernel only: any process may send to a socket whose port it guesses.
 *
 * @see netlink(7)
 */
export class SocketTransport implements Transport {
  readonly #socket: Socket;
  readonly #buffer = new Uint8Array(new ArrayBuffer(receiveBytes));
  /** Bytes of one send, and of unread answers, as the kernel granted them. */
  readonly sendBufferBytes: number;
  readonly receiveBufferBytes: number;

  private constructor(socket: Socket, sendBufferBytes: number, receiveBufferBytes: number) {
    this.#socket = socket;
    this.sendBufferBytes = sendBufferBytes;
    this.receiveBufferBytes = receiveBufferBytes;
  }

  /**
   * Opens a socket of `protocol` (`NETLINK_*`) with extended and capped acknowledgements where the kernel has them.
   *
   * @throws SyscallError; `EPROTONOSUPPORT` or `EAFNOSUPPORT` when the kernel or a sandbox has no such netlink
   */
  static open(protocol: number, options: SocketOptions = {}): SocketTransport {
    const socket = Socket.open(AF_NETLINK, SOCK_RAW, protocol, 'netlink socket');
    try {
      setIfKnown(socket, NETLINK_EXT_ACK);
      setIfKnown(socket, NETLINK_CAP_ACK);
      const sent = socket.growBuffer(SO_SNDBUFFORCE, SO_SNDBUF, wantedBufferBytes);
      const received = socket.growBuffer(SO_RCVBUFFORCE, SO_RCVBUF, wantedBufferBytes);
      socket.bind(kernelAddress);
      for (const group of options.groups ?? []) socket.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
      return new SocketTransport(socket, sent, received);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  send(datagram: Uint8Array): void {
    this.#socket.send(datagram, kernelAddress);
  }

  receive(waitMs: number): Uint8Array | null {
    for (;;) {
      const received = this.#socket.receive(this.#buffer);
      if (received === null) {
        if (waitMs === 0 || !this.#socket.waitReadable(waitMs)) return null;
        continue;
      }
      if (!isFromKernel(received.address)) continue;
      if (received.truncated)
        throw new SyscallError('recvmsg', 90, `netlink datagram of ${received.length} bytes`);
      return this.#buffer.subarray(0, received.length);
    }
  }

  /** Calls back on the event loop whenever a datagram is there, until the returned function is called. */
  watch(onReadable: () => void): () => void {
    return this.#socket.watchReadable(onReadable);
  }

  close(): void {
    this.#socket.close();
  }
}

function isFromKernel(address: Uint8Array): boolean {
  if (address.length < 8) return false;
  return new DataView(address.buffer, address.byteOffset).getUint32(4, hostIsLittleEndian) === 0;
}

/** Kernels before 4.2 (capped) and 4.12 (extended) do not know these; their errors carry less. */
function setIfKnown(socket: Socket, option: number): void {
  try {
    socket.setOption(SOL_NETLINK, option, 1);
  } catch (error) {
    if (!(error instanceof SyscallError) || error.details.errno !== 'ENOPROTOOPT') throw error;
  }
}
