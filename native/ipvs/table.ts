/**
 * The table as its users see it. The kernel's client implements it, and so does a fake in the tests: nobody above needs to
 * know which.
 */
import type { IpvsError } from './errors.js';
import type {
  IpvsDaemon,
  IpvsDestination,
  IpvsDestinationEntry,
  IpvsInfo,
  IpvsRequest,
  IpvsService,
  IpvsServiceEntry,
  IpvsServiceKey,
  IpvsTimeouts,
} from './types.js';

/**
 * Reads and changes one network namespace's IPVS table.
 *
 * Synchronous, since the kernel runs a command inside the system call that sends it: there is nothing to wait for. Who has
 * thousands of requests and an event loop to turn gives them in slices.
 *
 * While another process changes the table, a list of more than a few dozen entries may lack entries or have some
 * twice: the kernel continues it by count, and does not tell.
 */
export interface IpvsTable {
  /** @throws IpvsError */
  info(): IpvsInfo;
  /** All services, in the kernel's hash order. @throws IpvsError */
  services(): IpvsService[];
  /** As `services`, without the statistics, whose decoding is half of the work of a large listing. */
  serviceEntries(): IpvsServiceEntry[];
  /** @throws IpvsError `ERR_IPVS_SERVICE_UNKNOWN` when there is none */
  service(key: IpvsServiceKey): IpvsService;
  /** In the kernel's list order, newest first. Empty when the service does not exist: the kernel does not tell the two apart. */
  destinations(key: IpvsServiceKey): IpvsDestination[];
  /** As `destinations`, without the statistics. */
  destinationEntries(key: IpvsServiceKey): IpvsDestinationEntry[];
  daemons(): IpvsDaemon[];
  timeouts(): IpvsTimeouts;
  /** Runs one change. @throws IpvsError with the kernel's refusal */
  run(request: IpvsRequest): void;
  /**
   * Runs many changes in order, many to a system call. A refused one does not stop the rest.
   *
   * @returns for each request null when it was done, else its error
   */
  batch(requests: readonly IpvsRequest[]): (IpvsError | null)[];
  /** May be called twice. */
  close(): void;
}
