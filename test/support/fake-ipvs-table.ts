/**
 * An IPVS table in memory that accepts and refuses what the kernel does, with its errnos and its order of checks: for tests of
 * everything above `IpvsTable`. Nothing is forwarded, so live numbers are those that a test puts in.
 */
import { errnoNumber } from '../../native/libc/errno.js';
import { IpvsError, ipvsErrorCode } from '../../native/ipvs/errors.js';
import type { IpvsTable } from '../../native/ipvs/table.js';
import type {
  IpvsDaemon,
  IpvsDaemonConfig,
  IpvsDestination,
  IpvsDestinationConfig,
  IpvsDestinationEntry,
  IpvsDestinationKey,
  IpvsInfo,
  IpvsRequest,
  IpvsService,
  IpvsServiceConfig,
  IpvsServiceEntry,
  IpvsServiceKey,
  IpvsStats,
  IpvsTimeouts,
} from '../../native/ipvs/types.js';
import { checkDestination, isMixed } from './fake-ipvs-rules.js';
import { daemonAsStarted } from './fake-ipvs-daemon.js';
import type { FakeInterface } from './fake-ipvs-daemon.js';

export interface FakeService {
  readonly service: IpvsService;
  /** Newest first. */
  readonly destinations: readonly IpvsDestination[];
}

export interface FakeIpvsOptions {
  readonly info?: IpvsInfo;
  readonly timeouts?: IpvsTimeouts;
  readonly daemons?: readonly IpvsDaemon[];
  /** In the kernel's order. */
  readonly services?: readonly FakeService[];
  /** Names that the kernel finds a module for. */
  readonly schedulers?: readonly string[];
  readonly engines?: readonly string[];
  readonly interfaces?: Readonly<Record<string, FakeInterface>>;
}

export const kernelSchedulers = [
  ...['rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'dh', 'sh', 'sed', 'nq', 'fo', 'ovf', 'mh'],
] as const;

export const noStats: IpvsStats = {
  connections: 0n,
  inPackets: 0n,
  outPackets: 0n,
  inBytes: 0n,
  outBytes: 0n,
  connectionsPerSec: 0n,
  inPacketsPerSec: 0n,
  outPacketsPerSec: 0n,
  inBytesPerSec: 0n,
  outBytesPerSec: 0n,
};

const flagHashed = 0x2;
const longestTimeoutSec = Math.floor((2 ** 31 - 1) / 100);

interface Entry {
  service: IpvsService;
  destinations: IpvsDestination[];
}

export class FakeIpvsTable implements IpvsTable {
  /** Every request given, refused ones included, in order. */
  readonly requests: IpvsRequest[] = [];
  /** Lengths of the batches given. */
  readonly batches: number[] = [];
  /** When set, everything is refused with this errno: `EPERM` is a process without the privilege. */
  refuseAll: string | null = null;
  closed = false;

  readonly #info: IpvsInfo;
  readonly #schedulers: Set<string>;
  readonly #engines: ReadonlySet<string>;
  readonly #interfaces: Readonly<Record<string, FakeInterface>>;
  #timeouts: IpvsTimeouts;
  #daemons: IpvsDaemon[];
  /** Services by address first, then by mark; newest first where the kernel has the order of a hash. */
  #entries: Entry[];
  readonly #byKey = new Map<string, Entry>();

  constructor(options: FakeIpvsOptions = {}) {
    this.#info = options.info ?? { version: '1.2.1', connectionTableSize: 4096 };
    this.#timeouts = options.timeouts ?? { tcpSec: 900, tcpFinSec: 120, udpSec: 300 };
    this.#daemons = [...(options.daemons ?? [])];
    this.#schedulers = new Set(options.schedulers ?? kernelSchedulers);
    this.#engines = new Set(options.engines ?? ['sip']);
    this.#interfaces = options.interfaces ?? { lo: { mtu: 65536 }, eth0: { mtu: 1500 } };
    this.#entries = (options.services ?? []).map(({ service, destinations }) => ({
      service,
      destinations: [...destinations],
    }));
    for (const entry of this.#entries) this.#byKey.set(textOf(entry.service), entry);
  }

  info(): IpvsInfo {
    this.#mayRun('info', 'get IPVS version');
    return this.#info;
  }

  services(): IpvsService[] {
    this.#mayRun('list-services', 'list services');
    return this.#entries.map(({ service }) => service);
  }

  serviceEntries(): IpvsServiceEntry[] {
    return this.services().map((service) => withoutStats<IpvsServiceEntry>(service));
  }

  service(key: IpvsServiceKey): IpvsService {
    this.#mayRun('get-service', 'get service');
    const entry = this.#find(key);
    if (entry === undefined) throw refusal('get-service', 'ESRCH');
    return entry.service;
  }

  destinations(key: IpvsServiceKey): IpvsDestination[] {
    this.#mayRun('list-destinations', 'list destinations');
    return [...(this.#find(key)?.destinations ?? [])];
  }

  destinationEntries(key: IpvsServiceKey): IpvsDestinationEntry[] {
    return this.destinations(key).map((one) => withoutStats<IpvsDestinationEntry>(one));
  }

  daemons(): IpvsDaemon[] {
    this.#mayRun('list-daemons', 'list sync daemons');
    return [...this.#daemons];
  }

  timeouts(): IpvsTimeouts {
    this.#mayRun('get-timeouts', 'get timeouts');
    return this.#timeouts;
  }

  run(request: IpvsRequest): void {
    this.requests.push(request);
    const errno = this.refuseAll ?? this.#change(request);
    if (errno !== null) throw refusal(request.command, errno);
  }

  batch(requests: readonly IpvsRequest[]): (IpvsError | null)[] {
    this.batches.push(requests.length);
    return requests.map((request) => {
      this.requests.push(request);
      const errno = this.refuseAll ?? this.#change(request);
      return errno === null ? null : refusal(request.command, errno);
    });
  }

  close(): void {
    this.closed = true;
  }

  /** A scheduler's module is loaded from now on. */
  learnScheduler(name: string): void {
    this.#schedulers.add(name);
  }

  /** Puts live numbers on a service. @throws Error when there is none */
  countService(key: IpvsServiceKey, stats: Partial<IpvsStats>): void {
    const entry = this.#known(key);
    entry.service = { ...entry.service, stats: { ...entry.service.stats, ...stats } };
  }

  /** Puts live numbers on a server. @throws Error when there is none */
  countDestination(
    service: IpvsServiceKey,
    key: IpvsDestinationKey,
    numbers: Partial<
      Pick<IpvsDestination, 'activeConnections' | 'inactiveConnections' | 'persistentConnections'>
    > & { readonly stats?: Partial<IpvsStats> },
  ): void {
    const entry = this.#known(service);
    const index = indexOf(entry, key);
    const found = entry.destinations[index];
    if (found === undefined) throw new Error('no such destination in the fake table');
    const { stats, ...live } = numbers;
    entry.destinations[index] = { ...found, ...live, stats: { ...found.stats, ...stats } };
  }

  #mayRun(command: IpvsError['command'], operation: string): void {
    if (this.refuseAll !== null) throw refusal(command, this.refuseAll, operation);
  }

  /** @returns the errno of a refusal, or null */
  #change(request: IpvsRequest): string | null {
    switch (request.command) {
      case 'add-service':
        return this.#addService(request.service);
      case 'edit-service':
        return this.#editService(request.service);
      case 'delete-service':
        return this.#deleteService(request.service);
      case 'add-destination':
        return this.#addDestination(request.service, request.destination);
      case 'edit-destination':
        return this.#editDestination(request.service, request.destination);
      case 'delete-destination':
        return this.#deleteDestination(request.service, request.destination);
      case 'zero':
        return this.#zero(request.service);
      case 'flush':
        this.#entries = [];
        this.#byKey.clear();
        return null;
      case 'set-timeouts':
        return this.#setTimeouts(request.timeouts);
      case 'start-daemon':
        return this.#startDaemon(request.daemon);
      case 'stop-daemon': {
        const left = this.#daemons.filter(({ role }) => role !== request.role);
        if (left.length === this.#daemons.length) return 'ESRCH';
        this.#daemons = left;
        return null;
      }
    }
  }

  #addService(config: IpvsServiceConfig): string | null {
    if (this.#find(config) !== undefined) return 'EEXIST';
    const errno = this.#checkService(config);
    if (errno !== null) return errno;
    const entry: Entry = { service: listed(config, noStats), destinations: [] };
    const firstMark = this.#entries.findIndex(({ service }) => 'fwmark' in service);
    const marks = firstMark < 0 ? this.#entries.length : firstMark;
    this.#entries.splice('fwmark' in config ? marks : 0, 0, entry);
    this.#byKey.set(textOf(config), entry);
    return null;
  }

  #editService(config: IpvsServiceConfig): string | null {
    const entry = this.#find(config);
    if (entry === undefined) return 'ESRCH';
    const errno = this.#checkService(config);
    if (errno === null) entry.service = listed(config, entry.service.stats);
    return errno;
  }

  #checkService({ scheduler, persistenceEngine, family, netmask }: IpvsServiceConfig): string | null {
    if (scheduler !== 'none' && !this.#schedulers.has(scheduler)) return 'ENOENT';
    if (persistenceEngine !== null && !this.#engines.has(persistenceEngine)) return 'ENOENT';
    return family === 'ipv6' && (netmask < 1 || netmask > 128) ? 'EINVAL' : null;
  }

  #deleteService(key: IpvsServiceKey): string | null {
    const entry = this.#find(key);
    if (entry === undefined) return 'ESRCH';
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#byKey.delete(textOf(key));
    return null;
  }

  #addDestination(key: IpvsServiceKey, config: IpvsDestinationConfig): string | null {
    const entry = this.#find(key);
    if (entry === undefined) return 'ESRCH';
    const errno = checkDestination(entry.service, config, this.#daemons.length > 0);
    if (errno !== null && errno !== 'not-unicast') return errno;
    if (indexOf(entry, config) >= 0) return 'EEXIST';
    if (errno === 'not-unicast') return 'EINVAL';
    entry.destinations.unshift(asListed(config));
    return null;
  }

  #editDestination(key: IpvsServiceKey, config: IpvsDestinationConfig): string | null {
    const entry = this.#find(key);
    if (entry === undefined) return 'ESRCH';
    const errno = checkDestination(entry.service, config, this.#daemons.length > 0);
    if (errno !== null && errno !== 'not-unicast') return errno;
    const index = indexOf(entry, config);
    const old = entry.destinations[index];
    if (old === undefined) return 'ENOENT';
    const { activeConnections, inactiveConnections, persistentConnections, stats } = old;
    const live = { activeConnections, inactiveConnections, persistentConnections, stats };
    entry.destinations[index] = { ...asListed(config), ...live };
    return null;
  }

  #deleteDestination(key: IpvsServiceKey, destination: IpvsDestinationKey): string | null {
    const entry = this.#find(key);
    if (entry === undefined) return 'ESRCH';
    const index = indexOf(entry, destination);
    if (index < 0) return 'ENOENT';
    entry.destinations.splice(index, 1);
    return null;
  }

  #zero(key: IpvsServiceKey | null): string | null {
    const entry = key === null ? null : this.#find(key);
    if (entry === undefined) return 'ESRCH';
    for (const one of entry === null ? this.#entries : [entry]) {
      one.service = { ...one.service, stats: noStats };
      one.destinations = one.destinations.map((destination) => ({ ...destination, stats: noStats }));
    }
    return null;
  }

  #setTimeouts(timeouts: IpvsTimeouts): string | null {
    const values = [timeouts.tcpSec, timeouts.tcpFinSec, timeouts.udpSec];
    if (values.some((value) => value < 0 || value > longestTimeoutSec)) return 'EINVAL';
    const { tcpSec, tcpFinSec, udpSec } = this.#timeouts;
    this.#timeouts = {
      tcpSec: timeouts.tcpSec === 0 ? tcpSec : timeouts.tcpSec,
      tcpFinSec: timeouts.tcpFinSec === 0 ? tcpFinSec : timeouts.tcpFinSec,
      udpSec: timeouts.udpSec === 0 ? udpSec : timeouts.udpSec,
    };
    return null;
  }

  #startDaemon(config: IpvsDaemonConfig): string | null {
    const mixed = this.#entries.some(({ service, destinations }) =>
      destinations.some((destination) => isMixed(service, destination)),
    );
    if (mixed) return 'EINVAL';
    const at = this.#interfaces[config.interface];
    if (at === undefined) return 'ENODEV';
    const daemon = daemonAsStarted(config, at);
    if (typeof daemon === 'string') return daemon;
    if (this.#daemons.some(({ role }) => role === config.role)) return 'EEXIST';
    this.#daemons = [...this.#daemons, daemon].sort((a, b) => (a.role < b.role ? 1 : -1));
    return null;
  }

  #known(key: IpvsServiceKey): Entry {
    const entry = this.#find(key);
    if (entry === undefined) throw new Error('no such service in the fake table');
    return entry;
  }

  #find(key: IpvsServiceKey): Entry | undefined {
    return this.#byKey.get(textOf(key));
  }
}

/** The numbers are not merely unread: whoever prints them from an entry is to notice. */
function withoutStats<Entry>(listed: Entry & { readonly stats: IpvsStats }): Entry {
  return Object.fromEntries(Object.entries(listed).filter(([name]) => name !== 'stats')) as Entry;
}

function textOf(key: IpvsServiceKey): string {
  const identity = 'fwmark' in key ? [key.fwmark] : [key.protocol, key.address, key.port];
  return [key.family, ...identity].join(' ');
}

function indexOf(entry: Entry, key: IpvsDestinationKey): number {
  return entry.destinations.findIndex(
    ({ family, address, port }) => family === key.family && address === key.address && port === key.port,
  );
}

/** The kernel sets a flag of its own and tells it. */
function listed(config: IpvsServiceConfig, stats: IpvsStats): IpvsService {
  return { ...config, flags: config.flags | flagHashed, stats };
}

/** Kernels that know tunnels tell one of every destination. */
function asListed(config: IpvsDestinationConfig): IpvsDestination {
  return {
    ...config,
    tunnel: config.tunnel ?? { type: 'ipip', port: 0, checksum: 'none' },
    activeConnections: 0,
    inactiveConnections: 0,
    persistentConnections: 0,
    stats: noStats,
  };
}

/** The error that the kernel's client makes of an errno. */
export function refusal(
  command: IpvsError['command'],
  errno: string,
  operation: string = command,
): IpvsError {
  return new IpvsError(ipvsErrorCode(command, errno), command, errno, {
    operation,
    errno,
    errnoNumber: errnoNumber(errno) ?? 0,
    extackText: null,
    extackOffset: null,
    sequence: 0,
  });
}
