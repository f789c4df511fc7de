/** SCTP, which Node has not: a socket that holds any number of associations, each made by the first message to a peer. */
import koffi from 'koffi';
import { formatAddress, parseAddress } from '../../../native/inet/address.js';
import * as libc from '../../../native/libc/binding.js';
import { MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_NONBLOCK } from '../../../native/libc/constants.js';
import { Descriptor } from '../../../native/libc/descriptor.js';
import { SyscallError } from '../../../native/libc/errno.js';
import { MessageHeader } from '../../../native/libc/message-header.js';

export interface Peer {
  readonly address: string;
  readonly port: number;
}

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_SEQPACKET = 5;
const IPPROTO_SCTP = 132;

const listen = koffi.load(null).func('int listen(int fd, int backlog)') as unknown as (
  fd: number,
  backlog: number,
) => number;

export class SctpEndpoint {
  readonly #descriptor: Descriptor;
  readonly #fd: number;
  readonly #incoming = Buffer.alloc(4096);
  readonly #sender = new Uint8Array(new ArrayBuffer(28));
  #endWatch: (() => void) | null = null;

  private constructor(fd: number) {
    this.#fd = fd;
    this.#descriptor = new Descriptor(fd);
  }

  /**
   * Opens one in the thread's namespace.
   *
   * It is bound to one address, for the first packets of an association name all addresses that an end has: on a network
   * with address translation the others lead nowhere.
   *
   * @param port 0: any
   * @throws SyscallError
   */
  static open(address: string, port: number): SctpEndpoint {
    const domain = address.includes(':') ? AF_INET6 : AF_INET;
    const fd = libc.socket(domain, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_SCTP);
    if (fd === -1) throw new SyscallError('socket', libc.lastErrno(), 'SCTP socket');
    const endpoint = new SctpEndpoint(fd);
    const name = encodeSocketAddress({ address, port });
    endpoint.#check('bind', libc.bind(fd, name, name.length));
    endpoint.#check('listen', listen(fd, 128));
    return endpoint;
  }

  /** @throws SyscallError */
  get localPort(): number {
    const name = new Uint8Array(28);
    const length = new Uint8Array(new Uint32Array([name.length]).buffer);
    this.#check('getsockname', libc.getsockname(this.#fd, name, length));
    return decodeSocketAddress(name).port;
  }

  /** @throws SyscallError */
  send(data: Uint8Array, to: Peer): void {
    const header = new MessageHeader();
    header.setData(data);
    header.setAddress(encodeSocketAddress(to));
    this.#check('sendmsg', libc.sendmsg(this.#fd, header.bytes, 0));
  }

  /** Calls back with every message, until `close`. */
  watch(onMessage: (message: Buffer, from: Peer) => void): void {
    this.#endWatch = libc.watchReadable(this.#fd, () => {
      for (let message = this.#receive(); message !== null; message = this.#receive()) {
        onMessage(message.data, message.from);
      }
    });
  }

  /** May be called twice. Ends the associations in order. */
  close(): void {
    this.#endWatch?.();
    this.#endWatch = null;
    this.#descriptor.close();
  }

  /** null when there is nothing, or when what there was is the end of an association. */
  #receive(): { data: Buffer; from: Peer } | null {
    if (this.#descriptor.fd === null) return null;
    const header = new MessageHeader();
    header.setData(this.#incoming);
    header.setAddress(this.#sender);
    const length = libc.recvmsg(this.#fd, header.bytes, MSG_DONTWAIT);
    if (length <= 0) return null;
    return { data: Buffer.from(this.#incoming.subarray(0, length)), from: decodeSocketAddress(this.#sender) };
  }

  #check(syscall: string, result: number): void {
    if (result === -1) throw new SyscallError(syscall, libc.lastErrno(), 'SCTP socket');
  }
}

/** struct sockaddr_in: family in host order, port, address; sockaddr_in6: family, port, flow, address, scope. */
function encodeSocketAddress({ address, port }: Peer): Uint8Array {
  const host = parseAddress(address);
  if (host === null) throw new Error(`${address} is no address`);
  const bytes = new Uint8Array(new ArrayBuffer(host.length === 4 ? 16 : 28));
  bytes.set(new Uint8Array(new Uint16Array([host.length === 4 ? AF_INET : AF_INET6]).buffer));
  new DataView(bytes.buffer).setUint16(2, port);
  bytes.set(host, host.length === 4 ? 4 : 8);
  return bytes;
}

function decodeSocketAddress(bytes: Uint8Array): Peer {
  const [family] = new Uint16Array(bytes.slice(0, 2).buffer);
  const port = new DataView(bytes.buffer, bytes.byteOffset).getUint16(2);
  const address = family === AF_INET ? formatAddress(bytes, 4, 'ipv4') : formatAddress(bytes, 8, 'ipv6');
  return { address, port };
}
