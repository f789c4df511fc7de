/**
 * Sends echo requests to one host and receives its replies, by the kernel's ping socket, which needs no right where
 * `net.ipv4.ping_group_range` allows it, else by a raw socket (CAP_NET_RAW).
 */
import { AF_INET, AF_INET6 } from '../inet/family.js';
import { encodeSocketAddress } from '../inet/socket-address.js';
import { IPPROTO_ICMP, IPPROTO_ICMPV6, SOCK_DGRAM, SOCK_RAW } from '../libc/constants.js';
import { SyscallError } from '../libc/errno.js';
import { Socket } from '../libc/socket.js';
import { decodeEchoReply, encodeEchoRequest, type EchoFamily, type EchoMessage } from './echo-message.js';

/** Socket options of one family: `IP_RECVERR` and its like. @see ip(7), ipv6(7) */
const RECVERR = { ipv4: { level: 0, name: 11 }, ipv6: { level: 41, name: 25 } } as const;

/** Larger than any reply to a request of ours. */
const BUFFER_BYTES = 65_536;

/** Messages that one call looks at. */
const MOST_A_CALL = 64;

/** One buffer for all: what is received is looked at before the next is. */
const buffer = new Uint8Array(new ArrayBuffer(BUFFER_BYTES));

export class PingSocket {
  readonly #socket: Socket;
  readonly #family: EchoFamily;
  readonly #raw: boolean;
  /** Of a raw socket's requests; a ping socket has its own, by which the kernel sorts the replies. */
  readonly #identifier: number;

  private constructor(socket: Socket, family: EchoFamily, raw: boolean, identifier: number) {
    this.#socket = socket;
    this.#family = family;
    this.#raw = raw;
    this.#identifier = identifier;
  }

  /**
   * Opens a socket that is connected to `address`: replies and ICMP errors of others do not come.
   *
   * @param identifier 0..65535, which no other ping of this host to that address uses
   * @param prepare sets options, binds; before the connection
   * @throws SyscallError; `EPERM` when neither kind of socket is permitted
   */
  static open(
    address: string,
    identifier: number,
    prepare: (socket: Socket) => void = () => undefined,
  ): PingSocket {
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    const { socket, raw } = openEither(family);
    try {
      prepare(socket);
      socket.setOption(RECVERR[family].level, RECVERR[family].name, 1);
      socket.connect(encodeSocketAddress(address, family));
      return new PingSocket(socket, family, raw, identifier);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** @throws SyscallError, also for an ICMP error that has come in */
  send(sequence: number, payload: Uint8Array): void {
    this.#socket.send(
      encodeEchoRequest(this.#family, { identifier: this.#identifier, sequence, payload }),
      null,
    );
  }

  /**
   * Gives the next reply that has come, null when there is none, or none among the first messages: what is left makes the socket
   * readable anew, so that a host that floods holds up nothing. Its payload holds until the next call.
   *
   * @throws SyscallError, also for an ICMP error: `EHOSTUNREACH`, `ECONNREFUSED`
   */
  receive(): EchoMessage | null {
    for (let looks = 0; looks < MOST_A_CALL; looks++) {
      const got = this.#socket.receive(buffer);
      if (got === null) return null;
      const received = buffer.subarray(0, Math.min(got.length, BUFFER_BYTES));
      const reply = decodeEchoReply(this.#family, received, this.#raw && this.#family === 'ipv4');
      if (reply !== null && (!this.#raw || reply.identifier === this.#identifier)) return reply;
    }
    return null;
  }

  /** Calls back whenever something may be received, until `close`. @throws SyscallError */
  onReadable(callback: () => void): void {
    this.#socket.watchReadable(callback);
  }

  /** May be called twice. Never throws. */
  close(): void {
    this.#socket.close();
  }
}

function openEither(family: EchoFamily): { socket: Socket; raw: boolean } {
  const domain = family === 'ipv4' ? AF_INET : AF_INET6;
  const protocol = family === 'ipv4' ? IPPROTO_ICMP : IPPROTO_ICMPV6;
  try {
    return { socket: Socket.open(domain, SOCK_DGRAM, protocol, 'ping socket'), raw: false };
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return { socket: Socket.open(domain, SOCK_RAW, protocol, 'raw socket'), raw: true };
  }
}
