/**
 * Hears who on a link says that an address is its own, and asks who has one. Sees nothing of what this host sends itself.
 *
 * IPv4: ARP in whole frames. IPv6: neighbour advertisements alone, by a raw socket: one for frames would be handed every
 * packet of IPv6 that a director forwards.
 */
import type { AddressFamily } from '../inet/address.js';
import { AF_INET6 } from '../inet/family.js';
import {
  AF_PACKET,
  IPPROTO_ICMPV6,
  IPPROTO_IPV6,
  SO_BINDTOIFINDEX,
  SOCK_RAW,
  SOL_SOCKET,
} from '../libc/constants.js';
import { controlSpace } from '../libc/control-message.js';
import { SyscallError } from '../libc/errno.js';
import { ReceiveRoom, Socket } from '../libc/socket.js';
import { openPacketSender, packetAddress, type FrameSender } from './announce.js';
import { encodeArpQuestion } from './arp-question.js';
import { decodeArpClaim, decodeNeighbourClaim, type AddressClaim } from './claim.js';
import { ETH_P_ARP } from './ethernet.js';
import { encodeNeighbourQuestion } from './solicitation.js';

export interface ClaimHearer {
  /** May call `close()`. What it throws is uncaught. */
  onClaim(claim: AddressClaim): void;
  /** Nothing more comes; it is closed. */
  onFailure(error: SyscallError): void;
}

/** The Ethernet interface to listen on, and to ask by. */
export interface ClaimLink {
  readonly index: number;
  /** `02:00:00:00:00:01`. */
  readonly hardwareAddress: string;
}

/** Calls back once, later. */
export interface ClaimClock {
  after(delayMs: number, callback: () => void): { cancel(): void };
}

/** What comes faster is read slower, and what the socket has no room for is lost: a storm costs no more than this. */
export const CLAIMS_PER_READ = 64;
export const CLAIM_PAUSE_MS = 10;

const subject = 'neighbour socket';
/** `struct icmp6_filter`: a bit a type, set for those that are not wanted. @see include/uapi/linux/icmpv6.h */
const ICMPV6_FILTER = 1;
const NEIGHBOUR_ADVERTISEMENT = 136;
const IPV6_RECVHOPLIMIT = 51;
const IPV6_HOPLIMIT = 52;
const intBytes = 4;

/** Longer than any claim: what is cut off is no part of one. */
const roomBytes = 1024;

export class ClaimListener {
  readonly #socket: Socket;
  readonly #family: AddressFamily;
  readonly #link: ClaimLink;
  readonly #clock: ClaimClock;
  readonly #hearer: ClaimHearer;
  readonly #room: ReceiveRoom;
  #sender: FrameSender | null = null;
  #pause: { cancel(): void } | null = null;
  #closed = false;

  private constructor(
    socket: Socket,
    family: AddressFamily,
    link: ClaimLink,
    clock: ClaimClock,
    hearer: ClaimHearer,
  ) {
    this.#socket = socket;
    this.#family = family;
    this.#link = link;
    this.#clock = clock;
    this.#hearer = hearer;
    const control = family === 'ipv6' ? controlSpace(intBytes) : 0;
    this.#room = new ReceiveRoom(new Uint8Array(new ArrayBuffer(roomBytes)), control);
    this.#watch();
  }

  /**
   * Opens it in the network namespace of the thread.
   *
   * @throws SyscallError `EPERM` without CAP_NET_RAW, `ENODEV` without such an interface, `EAFNOSUPPORT` without IPv6
   */
  static open(family: AddressFamily, link: ClaimLink, clock: ClaimClock, hearer: ClaimHearer): ClaimListener {
    const socket = family === 'ipv4' ? openArp(link) : openAdvertisements(link);
    try {
      return new ClaimListener(socket, family, link, clock, hearer);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /**
   * Asks once who has an address; who has it is heard. No neighbour learns anything of the address by that.
   *
   * @param source IPv6: an address of the interface that does not move, best its link-local one. Asked from `::`, another
   *   owner would answer to all, and all would believe it
   * @throws SyscallError; CodecError when an address is malformed
   */
  ask(address: string, source: string): void {
    const { index, hardwareAddress } = this.#link;
    this.#sender ??= openPacketSender();
    const frame =
      this.#family === 'ipv4'
        ? encodeArpQuestion(hardwareAddress, address)
        : encodeNeighbourQuestion({ hardwareAddress, source, address });
    this.#sender.send(index, frame);
  }

  /** Idempotent. Never throws. */
  close(): void {
    this.#closed = true;
    this.#pause?.cancel();
    this.#socket.close();
    this.#sender?.close();
    this.#sender = null;
  }

  #watch(): void {
    const end = this.#socket.watchReadable(() => {
      if (!this.#read() || this.#closed) return;
      end();
      this.#pause = this.#clock.after(CLAIM_PAUSE_MS, () => this.#watch());
    });
  }

  /** @returns whether more may wait */
  #read(): boolean {
    for (let count = 0; count < CLAIMS_PER_READ; count++) {
      if (!this.#receive()) return false;
      const claim = this.#decode();
      if (claim !== null) this.#hearer.onClaim(claim);
      if (this.#closed) return false;
    }
    return true;
  }

  #receive(): boolean {
    try {
      return this.#socket.receiveInto(this.#room);
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      // told once when the interface goes down; the socket goes on when it comes up
      if (error.details.errno === 'ENETDOWN') return false;
      this.close();
      this.#hearer.onFailure(error);
      return false;
    }
  }

  #decode(): AddressClaim | null {
    const { data, length, control, controlLength } = this.#room;
    const received = data.subarray(0, Math.min(length, data.length));
    if (this.#family === 'ipv4') return decodeArpClaim(received);
    const at = control.find(controlLength, IPPROTO_IPV6, IPV6_HOPLIMIT, intBytes);
    return at === -1 ? null : decodeNeighbourClaim(received, control.int32(at));
  }
}

function openArp({ index }: ClaimLink): Socket {
  // of protocol 0 until it is bound: it would hear all interfaces
  const socket = Socket.open(AF_PACKET, SOCK_RAW, 0, subject);
  try {
    socket.bind(packetAddress(index, ETH_P_ARP));
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function openAdvertisements({ index }: ClaimLink): Socket {
  const socket = Socket.open(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6, subject);
  try {
    const filter = new Uint8Array(new ArrayBuffer(32)).fill(0xff);
    const words = new Uint32Array(filter.buffer);
    words[NEIGHBOUR_ADVERTISEMENT >>> 5] = ~(1 << (NEIGHBOUR_ADVERTISEMENT & 31)) >>> 0;
    socket.setOptionBytes(IPPROTO_ICMPV6, ICMPV6_FILTER, filter);
    socket.setOption(SOL_SOCKET, SO_BINDTOIFINDEX, index);
    socket.setOption(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}
