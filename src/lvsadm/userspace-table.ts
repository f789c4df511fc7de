/** A running lvsd's userspace table behind the interface of the kernel's: for the commands that read. Pure. */
import { IpvsError } from '../../native/ipvs/errors.js';
import { withoutErrno } from '../../native/netlink/errors.js';
import type { IpvsTable } from '../../native/ipvs/table.js';
import type {
  IpvsDaemon,
  IpvsDestination,
  IpvsInfo,
  IpvsService,
  IpvsServiceKey,
  IpvsTimeouts,
} from '../../native/ipvs/types.js';
import type { TableAnswer } from '../api/protocol.js';
import { ipvsDestination, ipvsService } from './userspace-convert.js';

interface Entry {
  readonly service: IpvsService;
  readonly destinations: readonly IpvsDestination[];
}

/** The table as it was when it was asked for. It cannot be changed from here: lvsd's file says what is in it. */
export class UserspaceTable implements IpvsTable {
  readonly #answer: TableAnswer;
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(answer: TableAnswer) {
    this.#answer = answer;
    const entries = answer.services.map((entry) => ({
      service: ipvsService(entry),
      destinations: entry.servers.map(ipvsDestination),
    }));
    this.#entries = new Map(entries.map((entry) => [identityOf(entry.service), entry]));
  }

  /** lvsd's version; 0 buckets, for its table grows with what is in it. */
  info(): IpvsInfo {
    return { version: this.#answer.version, connectionTableSize: 0 };
  }

  services(): IpvsService[] {
    return [...this.#entries.values()].map(({ service }) => service);
  }

  serviceEntries(): IpvsService[] {
    return this.services();
  }

  service(key: IpvsServiceKey): IpvsService {
    const found = this.#entries.get(identityOf(key));
    if (found !== undefined) return found.service;
    throw new IpvsError('ERR_IPVS_SERVICE_UNKNOWN', 'get-service', 'ESRCH', noService);
  }

  destinations(key: IpvsServiceKey): IpvsDestination[] {
    return [...(this.#entries.get(identityOf(key))?.destinations ?? [])];
  }

  destinationEntries(key: IpvsServiceKey): IpvsDestination[] {
    return this.destinations(key);
  }

  /** None: no daemon tells another director of connections that end with this one. */
  daemons(): IpvsDaemon[] {
    return [];
  }

  /** 0 where there is no limit. */
  timeouts(): IpvsTimeouts {
    const { tcpSec, tcpFinSec, udpSec } = this.#answer.timeouts;
    return { tcpSec: tcpSec ?? 0, tcpFinSec, udpSec };
  }

  run(): never {
    throw new Error('the userspace table is read only');
  }

  batch(): never {
    return this.run();
  }

  close(): void {
    // holds nothing open
  }
}

const noService = { ...withoutErrno('get-service'), errno: 'ESRCH', errnoNumber: 3 } as const;

function identityOf(key: IpvsServiceKey): string {
  if ('fwmark' in key) return `${key.family} fwmark ${key.fwmark}`;
  return `${key.protocol} ${key.address} ${key.port}`;
}
