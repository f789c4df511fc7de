/**
 * Changes of links and addresses as the kernel announces them: multicast groups, read on the event loop.
 *
 * Order for a consumer who wants the whole picture: `start()` first, then list over a connection of its own. Nothing that
 * happens in between is missed; what was listed already comes once more.
 */
import { NETLINK_ROUTE } from '../netlink/constants.js';
import { SyscallError } from '../libc/errno.js';
import { CodecError } from '../netlink/errors.js';
import { splitDatagram, type NetlinkMessage } from '../netlink/message.js';
import { SocketTransport } from '../netlink/socket-transport.js';
import type { Transport } from '../netlink/transport.js';
import { decodeAddress } from './address-codec.js';
import {
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_LINK,
} from './constants.js';
import { decodeLink } from './link-codec.js';
import type { InterfaceAddress, Link } from './types.js';

/** `changed` is also said of what is new: the kernel makes no difference. */
export type Notice =
  | { readonly kind: 'link'; readonly change: 'changed' | 'deleted'; readonly link: Link }
  | { readonly kind: 'address'; readonly change: 'changed' | 'deleted'; readonly address: InterfaceAddress }
  /** Notices were lost (`ENOBUFS`), or one could not be read: list again. Comes behind all older notices. */
  | { readonly kind: 'overrun'; readonly cause: SyscallError | CodecError };

/** A transport whose descriptor the event loop can watch. */
export interface NoticeTransport extends Transport {
  /** Calls back whenever a datagram is there, until the returned function is called. */
  watch(onReadable: () => void): () => void;
}

export interface NoticeListener {
  /** May call `close()`. What it throws is the process's uncaught exception. */
  onNotice(notice: Notice): void;
  /** The socket failed. Nothing more comes; it is closed. */
  onFailure(error: unknown): void;
}

/** A storm of notices is read in slices, so that timers and other sockets get their turn. */
const datagramsPerTurn = 64;

/** Watches links and addresses of the network namespace in which it is started. */
export class NoticeWatcher {
  readonly #listener: NoticeListener;
  readonly #open: () => NoticeTransport;
  #watched: { readonly transport: NoticeTransport; readonly end: () => void } | null = null;
  #lost: SyscallError | CodecError | null = null;

  constructor(listener: NoticeListener, open: () => NoticeTransport = openGroups) {
    this.#listener = listener;
    this.#open = open;
  }

  /**
   * Subscribes: what changes from now on is announced. Does nothing when it has started, or when `signal` is aborted.
   *
   * @param signal ends it as `close()` does
   * @throws SyscallError
   */
  start(signal?: AbortSignal): void {
    if (this.#watched !== null || signal?.aborted === true) return;
    const transport = this.#open();
    try {
      const stop = transport.watch(() => this.#read());
      const onAbort = (): void => this.close();
      signal?.addEventListener('abort', onAbort, { once: true });
      const end = (): void => {
        signal?.removeEventListener('abort', onAbort);
        stop();
        transport.close();
      };
      this.#watched = { transport, end };
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  /** No notice comes after it. May be called twice. Never throws. */
  close(): void {
    const watched = this.#watched;
    this.#watched = null;
    this.#lost = null;
    watched?.end();
  }

  #read(): void {
    for (let count = 0; count < datagramsPerTurn && this.#watched !== null; count++) {
      const notices = this.#receive(this.#watched.transport);
      if (notices === null) {
        this.#tellOverrun();
        return;
      }
      this.#tell(notices);
    }
  }

  /** The next datagram's notices; null when there is none, or no more. */
  #receive(transport: Transport): Notice[] | null {
    try {
      const datagram = transport.receive(0);
      return datagram && splitDatagram(datagram).flatMap((message) => decodeNotice(message) ?? []);
    } catch (error) {
      if (isLoss(error)) {
        this.#lost = error;
        return [];
      }
      this.close();
      this.#listener.onFailure(error);
      return null;
    }
  }

  /**
   * The kernel reports the loss at once, but what it still has in the queue is older than what it lost, and it adds nothing
   * until the queue is empty. Told first, the loss would make the consumer list what then old notices seem to change.
   */
  #tellOverrun(): void {
    const cause = this.#lost;
    this.#lost = null;
    if (cause !== null) this.#listener.onNotice({ kind: 'overrun', cause });
  }

  #tell(notices: readonly Notice[]): void {
    for (const notice of notices) {
      if (this.#watched === null) return;
      this.#listener.onNotice(notice);
    }
  }
}

function isLoss(error: unknown): error is SyscallError | CodecError {
  return error instanceof CodecError || (error instanceof SyscallError && error.details.errno === 'ENOBUFS');
}

/** Gives what a message announces, or null for what is neither a link nor an address. @throws CodecError */
export function decodeNotice(message: NetlinkMessage): Notice | null {
  switch (message.type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: {
      const link = decodeLink(message);
      return link && { kind: 'link', change: message.type === RTM_DELLINK ? 'deleted' : 'changed', link };
    }
    case RTM_NEWADDR:
    case RTM_DELADDR: {
      const address = decodeAddress(message);
      const change = message.type === RTM_DELADDR ? 'deleted' : 'changed';
      return address && { kind: 'address', change, address };
    }
    default:
      return null;
  }
}

function openGroups(): NoticeTransport {
  const groups = [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR];
  return SocketTransport.open(NETLINK_ROUTE, { groups });
}
