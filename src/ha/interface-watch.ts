/** What instances need to know of interfaces: which are there and up, by what address they speak, which addresses have gone. */
import type { NetlinkConnection } from '../../native/netlink/connection.js';
import { listAddresses } from '../../native/rtnetlink/addresses.js';
import { ARPHRD_ETHER, IFF_LOOPBACK, IFF_NOARP } from '../../native/rtnetlink/constants.js';
import { listLinks } from '../../native/rtnetlink/links.js';
import { NoticeWatcher, type Notice } from '../../native/rtnetlink/notices.js';
import { openRtnetlink } from '../../native/rtnetlink/request.js';
import type { InterfaceAddress, Link } from '../../native/rtnetlink/types.js';

export interface InterfaceWatchListener {
  /** Links or addresses may be other ones: look again. */
  onChange(): void;
  /** Nothing more comes: what is known stays as it is. */
  onFailure(error: unknown): void;
}

/** Seam for tests: the interfaces of a network namespace. */
export interface Interfaces {
  /** @throws SyscallError; RtnetlinkError when the interfaces cannot be listed */
  start(listener: InterfaceWatchListener): void;
  /** null = there is none of that name. */
  link(name: string): Link | null;
  /** Whether one of this host's interfaces has this hardware address, those of a bond or a bridge included. */
  isOwnHardware(hardwareAddress: string): boolean;
  /** Of all interfaces, in the kernel's order. @throws RtnetlinkError; SyscallError */
  addresses(): readonly InterfaceAddress[];
  close(): void;
}

/** One a network namespace, that in which it is started. */
export class InterfaceWatch implements Interfaces {
  /** By index: an interface may be renamed. */
  readonly #links = new Map<number, Link>();
  #watcher: NoticeWatcher | null = null;
  #connection: NetlinkConnection | null = null;

  start(listener: InterfaceWatchListener): void {
    this.#watcher = new NoticeWatcher({
      onNotice: (notice) => this.#hear(notice, listener),
      onFailure: (error) => listener.onFailure(error),
    });
    this.#watcher.start();
    this.#connection = openRtnetlink();
    this.#list(this.#connection);
  }

  link(name: string): Link | null {
    for (const link of this.#links.values()) if (link.name === name) return link;
    return null;
  }

  isOwnHardware(hardwareAddress: string): boolean {
    for (const link of this.#links.values()) if (link.hardwareAddress === hardwareAddress) return true;
    return false;
  }

  addresses(): readonly InterfaceAddress[] {
    return this.#connection === null ? [] : listAddresses(this.#connection);
  }

  /** Idempotent. */
  close(): void {
    this.#watcher?.close();
    this.#connection?.close();
    this.#watcher = null;
    this.#connection = null;
  }

  #list(connection: NetlinkConnection): void {
    this.#links.clear();
    for (const link of listLinks(connection)) this.#links.set(link.index, link);
  }

  #hear(notice: Notice, listener: InterfaceWatchListener): void {
    try {
      this.#note(notice);
    } catch (error) {
      listener.onFailure(error);
    }
    listener.onChange();
  }

  #note(notice: Notice): void {
    switch (notice.kind) {
      case 'link':
        if (notice.change === 'changed') this.#links.set(notice.link.index, notice.link);
        else this.#links.delete(notice.link.index);
        break;
      case 'overrun':
        if (this.#connection !== null) this.#list(this.#connection);
        break;
      case 'address':
    }
  }
}

/** An interface on which hosts ask for the hardware addresses of others. */
export function asksNeighbours(link: Link): link is Link & { readonly hardwareAddress: string } {
  const { hardwareType, hardwareAddress, flags } = link;
  return (
    hardwareType === ARPHRD_ETHER && hardwareAddress !== null && (flags & (IFF_LOOPBACK | IFF_NOARP)) === 0
  );
}

/** Whether packets can leave: it is set up, and no driver says that the cable is out. */
export function carries(link: Link): boolean {
  return link.up && link.carrier !== false;
}
