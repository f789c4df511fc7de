/** What instances need to know of interfaces: which are there and up, by what address they speak, which addresses have gone. */
import { backoffDelayMs, type BackoffSettings } from '../base/backoff.js';
import type { Clock, Timer } from '../base/clock.js';
import { listAddresses } from '../../native/rtnetlink/addresses.js';
import { ARPHRD_ETHER, IFF_LOOPBACK, IFF_NOARP } from '../../native/rtnetlink/constants.js';
import { listLinks } from '../../native/rtnetlink/links.js';
import { NoticeWatcher, type Notice, type NoticeListener } from '../../native/rtnetlink/notices.js';
import { openRtnetlink } from '../../native/rtnetlink/request.js';
import type { InterfaceAddress, Link } from '../../native/rtnetlink/types.js';

export interface InterfaceWatchListener {
  /** Links or addresses may be other ones: look again. */
  onChange(): void;
  /** Until the next change nothing comes, and what is known stays as it is: it is tried again. Once until it works again. */
  onFailure(error: unknown): void;
}

/** The kernel's side of it; a test has its own. */
export interface InterfaceSource {
  /** Notices from now on. @throws SyscallError */
  watch(listener: NoticeListener): { close(): void };
  /** @throws SyscallError */
  open(): InterfaceReader;
}

/** Each call asks the kernel. */
export interface InterfaceReader {
  /** @throws RtnetlinkError; SyscallError */
  links(): readonly Link[];
  /** @throws RtnetlinkError; SyscallError */
  addresses(): readonly InterfaceAddress[];
  close(): void;
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

/** Interfaces are not changed often, and without notices nothing is known of them. */
const AGAIN: BackoffSettings = { firstMs: 200, factor: 2, capMs: 10_000, jitter: 0 };

/** One a network namespace, that in which it is started. */
export class InterfaceWatch implements Interfaces {
  /** By index: an interface may be renamed. */
  readonly #links = new Map<number, Link>();
  readonly #clock: Clock;
  readonly #source: InterfaceSource;
  #watcher: { close(): void } | null = null;
  #reader: InterfaceReader | null = null;
  /** In a row. */
  #failures = 0;
  #again: Timer | null = null;

  constructor(clock: Clock, source: InterfaceSource = kernelSource) {
    this.#clock = clock;
    this.#source = source;
  }

  start(listener: InterfaceWatchListener): void {
    this.#watcher = this.#source.watch({
      onNotice: (notice) => this.#hear(notice, listener),
      onFailure: (error) => this.#fail(error, listener),
    });
    const reader = this.#source.open();
    this.#reader?.close();
    this.#reader = reader;
    this.#list();
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
    return this.#reader?.addresses() ?? [];
  }

  /** Idempotent. */
  close(): void {
    this.#again?.cancel();
    this.#again = null;
    this.#watcher?.close();
    this.#watcher = null;
    this.#reader?.close();
    this.#reader = null;
  }

  #list(): void {
    const links = this.#reader?.links() ?? [];
    this.#links.clear();
    for (const link of links) this.#links.set(link.index, link);
  }

  #hear(notice: Notice, listener: InterfaceWatchListener): void {
    try {
      this.#note(notice);
    } catch (error) {
      this.#fail(error, listener);
      return;
    }
    listener.onChange();
  }

  /** Whatever it was, all of it is opened anew. Until then addresses are asked for as before: that may work still. */
  #fail(error: unknown, listener: InterfaceWatchListener): void {
    this.#watcher?.close();
    this.#watcher = null;
    this.#failures += 1;
    if (this.#failures === 1) listener.onFailure(error);
    const delayMs = backoffDelayMs(this.#failures, AGAIN, () => 0);
    this.#again ??= this.#clock.after(delayMs, () => this.#retry(listener));
  }

  #retry(listener: InterfaceWatchListener): void {
    this.#again = null;
    try {
      this.start(listener);
    } catch (error) {
      this.#fail(error, listener);
      return;
    }
    this.#failures = 0;
    listener.onChange();
  }

  #note(notice: Notice): void {
    switch (notice.kind) {
      case 'link':
        if (notice.change === 'changed') this.#links.set(notice.link.index, notice.link);
        else this.#links.delete(notice.link.index);
        break;
      case 'overrun':
        this.#list();
        break;
      case 'address':
    }
  }
}

const kernelSource: InterfaceSource = {
  watch: (listener) => {
    const watcher = new NoticeWatcher(listener);
    watcher.start();
    return watcher;
  },
  open: () => {
    const connection = openRtnetlink();
    return {
      links: () => listLinks(connection),
      addresses: () => listAddresses(connection),
      close: () => connection.close(),
    };
  },
};

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
