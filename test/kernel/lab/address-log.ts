/** When addresses came and went in a namespace, as the kernel announced it. */
import { NoticeWatcher } from '../../../native/rtnetlink/notices.js';
import { listAddresses } from '../../../native/rtnetlink/addresses.js';
import { openRtnetlink } from '../../../native/rtnetlink/request.js';
import { until } from '../support/until.js';
import type { Namespace } from './namespace.js';

/** `lo` is the first interface of every namespace. Real servers have addresses of services there, and are not their owners. */
const LOOPBACK = 1;

export interface AddressMoment {
  readonly change: 'came' | 'went';
  readonly address: string;
  /** As `performance.now()` has it. */
  readonly atMs: number;
}

/** Of one namespace, from its making on; what is on its loopback interface does not count. */
export class AddressLog {
  readonly moments: AddressMoment[] = [];
  readonly #here: Set<string>;
  readonly #watcher: NoticeWatcher;

  constructor(namespace: Namespace) {
    this.#watcher = new NoticeWatcher({
      onNotice: (notice) => {
        if (notice.kind !== 'address') return;
        const { address, index } = notice.address;
        if (index === LOOPBACK) return;
        const change = notice.change === 'deleted' ? 'went' : 'came';
        if (change === 'went') this.#here.delete(address);
        else this.#here.add(address);
        this.moments.push({ change, address, atMs: performance.now() });
      },
      onFailure: (error) => {
        throw error;
      },
    });
    this.#here = namespace.within(() => {
      this.#watcher.start();
      const connection = openRtnetlink();
      const here = new Set(
        listAddresses(connection)
          .filter(({ index }) => index !== LOOPBACK)
          .map(({ address }) => address),
      );
      connection.close();
      return here;
    });
  }

  has(address: string): boolean {
    return this.#here.has(address);
  }

  /** Waits until it is here or not, and gives the moment of the last change. */
  async until(address: string, here: boolean, seconds = 60): Promise<number> {
    await until(`${address} ${here ? 'comes' : 'goes'}`, seconds, () => this.has(address) === here);
    return this.moments.findLast((moment) => moment.address === address)?.atMs ?? NaN;
  }

  close(): void {
    this.#watcher.close();
  }
}
