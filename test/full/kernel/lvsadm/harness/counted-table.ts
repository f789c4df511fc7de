/** A table whose counters are given: no test could make as much traffic. */
import type { IpvsTable } from '../../../../../native/ipvs/table.js';
import type {
  IpvsDestination,
  IpvsDestinationEntry,
  IpvsService,
  IpvsServiceKey,
  IpvsStats,
} from '../../../../../native/ipvs/types.js';
import type { Counters, Run } from '../corpus/case.js';

/** What is found in `table` during a run. */
export function tableSeenBy(run: Run | undefined, table: IpvsTable): IpvsTable {
  return run?.counters === undefined ? table : new CountedTable(table, run.counters);
}

/** All of `inner`, with the same counters for every service and destination. */
export class CountedTable implements IpvsTable {
  readonly #inner: IpvsTable;
  readonly #stats: IpvsStats;
  readonly #connections: Pick<
    IpvsDestination,
    'activeConnections' | 'inactiveConnections' | 'persistentConnections'
  >;

  constructor(inner: IpvsTable, counters: Counters) {
    this.#inner = inner;
    const value = (index: number): bigint => BigInt(counters[index] ?? 0);
    this.#stats = {
      connections: value(0),
      inPackets: value(1),
      outPackets: value(2),
      inBytes: value(3),
      outBytes: value(4),
      connectionsPerSec: value(5),
      inPacketsPerSec: value(6),
      outPacketsPerSec: value(7),
      inBytesPerSec: value(8),
      outBytesPerSec: value(9),
    };
    this.#connections = {
      activeConnections: Number(value(10)),
      inactiveConnections: Number(value(11)),
      persistentConnections: Number(value(12)),
    };
  }

  services(): IpvsService[] {
    return this.#inner.services().map((service) => ({ ...service, stats: this.#stats }));
  }

  service(key: IpvsServiceKey): IpvsService {
    return { ...this.#inner.service(key), stats: this.#stats };
  }

  destinations(key: IpvsServiceKey): IpvsDestination[] {
    return this.#inner
      .destinations(key)
      .map((destination) => ({ ...destination, ...this.#connections, stats: this.#stats }));
  }

  serviceEntries: IpvsTable['serviceEntries'] = () => this.#inner.serviceEntries();

  destinationEntries(key: IpvsServiceKey): IpvsDestinationEntry[] {
    return this.#inner
      .destinationEntries(key)
      .map((destination) => ({ ...destination, ...this.#connections }));
  }

  info: IpvsTable['info'] = () => this.#inner.info();
  daemons: IpvsTable['daemons'] = () => this.#inner.daemons();
  timeouts: IpvsTable['timeouts'] = () => this.#inner.timeouts();
  run: IpvsTable['run'] = (request) => this.#inner.run(request);
  batch: IpvsTable['batch'] = (requests) => this.#inner.batch(requests);
  close: IpvsTable['close'] = () => this.#inner.close();
}
