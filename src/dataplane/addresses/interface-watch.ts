/** Tells of interfaces that come and addresses that go, out of what the kernel announces of every change. */
import { parseIp } from '../../base/ip.js';
import { vipKey } from '../../model/vip-address.js';
import type { NetlinkConnection } from '../../../native/netlink/connection.js';
import { listLinks } from '../../../native/rtnetlink/links.js';
import { NoticeWatcher, type Notice } from '../../../native/rtnetlink/notices.js';
import type { Link } from '../../../native/rtnetlink/types.js';
import type { AddressChange } from '../address-table.js';

export interface InterfaceWatchListener {
  onChange(change: AddressChange): void;
  /** The cable of an interface that is up has been put in. */
  onCarrier(link: Link): void;
  /** Nothing more comes. */
  onFailure(error: unknown): void;
}

/** One a network namespace, that in which it is started. */
export class InterfaceWatch {
  readonly #listener: InterfaceWatchListener;
  readonly #watcher: NoticeWatcher;
  /** By index: an interface may be renamed. */
  readonly #links = new Map<number, Link>();

  constructor(listener: InterfaceWatchListener) {
    this.#listener = listener;
    this.#watcher = new NoticeWatcher({
      onNotice: (notice) => this.#hear(notice),
      onFailure: (error) => listener.onFailure(error),
    });
  }

  /** @throws SyscallError; RtnetlinkError when the interfaces cannot be listed */
  start(connection: NetlinkConnection): void {
    this.#watcher.start();
    for (const link of listLinks(connection)) this.#links.set(link.index, link);
  }

  close(): void {
    this.#watcher.close();
  }

  #hear(notice: Notice): void {
    switch (notice.kind) {
      case 'link':
        this.#hearLink(notice.change, notice.link);
        break;
      case 'address':
        if (notice.change === 'deleted') this.#hearGone(notice.address);
        break;
      case 'overrun':
        this.#listener.onChange({ kind: 'unknown' });
    }
  }

  #hearLink(change: 'changed' | 'deleted', link: Link): void {
    const before = this.#links.get(link.index);
    if (change === 'deleted') {
      this.#links.delete(link.index);
      return;
    }
    this.#links.set(link.index, link);
    const wasUp = before?.up === true && before.name === link.name;
    if (link.up && !wasUp) this.#listener.onChange({ kind: 'interface-up', interface: link.name });
    if (link.up && before?.carrier === false && link.carrier === true) this.#listener.onCarrier(link);
  }

  /** With the interface go its addresses, before it: its name is still known then. */
  #hearGone({ index, address }: { readonly index: number; readonly address: string }): void {
    const name = this.#links.get(index)?.name;
    if (name === undefined) return;
    const text = parseIp(address)?.text ?? address;
    this.#listener.onChange({ kind: 'address-gone', vip: vipKey({ address: text, interface: name }) });
  }
}
