/**
 * What a director on the kernel plane has around its table: the addresses of services, the host's settings, the marks and
 * rules of `match` services, the lock of the network namespace, and what becomes of all that when it stops.
 *
 * Loads the bindings, so it is imported where the kernel's plane is open, and by its type alone elsewhere.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { OwnedTable } from '../controller/ownership.js';
import type { ProbeMarks } from '../controller/probes.js';
import type { Reconciler } from '../controller/reconciler.js';
import type { AddressTable } from '../dataplane/address-table.js';
import { NetlinkAddressTable } from '../dataplane/addresses/netlink-address-table.js';
import type { KernelDataplane } from '../dataplane/kernel/kernel-dataplane.js';
import type { Model } from '../model/director.js';
import type { PlanSummary } from '../model/snapshot.js';
import type { DirectorState } from './director-state.js';
import { HostSettings } from './host-settings.js';
import { leaveTable } from './leave-table.js';
import type { MatchHost } from './match-host.js';
import { acquireNamespaceLock, type NamespaceLock } from './state/namespace-lock.js';

/** What the director, or a single run, has for its kernel side. */
export interface KernelSideOptions {
  readonly clock: Clock;
  readonly state: Pick<DirectorState, 'onHost' | 'setOnHost'>;
  /** What an earlier process had in this table. */
  readonly owned: Pick<OwnedTable, 'services'>;
  /** Hears what is not as it ought to be, one line each. */
  readonly warn: (message: string) => void;
  /** Hears what was changed, one line each. */
  readonly tell: (message: string) => void;
}

/** What is open before state_dir is read. */
export interface OpenedKernel {
  readonly kernel: KernelDataplane;
  readonly matches: MatchHost;
}

export class KernelSide {
  /** For the reconciler. */
  readonly addresses: AddressTable;
  /** For the reconciler: the marks of services for probes. */
  readonly probeMarks: ProbeMarks;
  readonly #settings: HostSettings;
  readonly #matches: MatchHost;
  #lock: NamespaceLock | null = null;
  /** The first round has run, so there may be something of ours in the table. */
  #programmed = false;

  /** Changes nothing on the host, nor does anything before `follow`. */
  constructor({ kernel, matches }: OpenedKernel, options: KernelSideOptions) {
    const { clock, state, owned, warn, tell } = options;
    this.addresses = new NetlinkAddressTable({ clock, onProblem: warn });
    this.#settings = new HostSettings({ clock, kernel, state, warn, tell });
    this.#matches = matches;
    this.probeMarks = { markOf: (name) => matches.marks.probeMarkOf(name) };
    matches.join({
      marksInTable: () => kernel.marksInTable(),
      owned: owned.services,
      state,
      warn,
      tell,
    });
  }

  /** Takes the lock of the network namespace. @throws NamespaceLockError */
  async lock(): Promise<void> {
    this.#lock = await acquireNamespaceLock();
  }

  /** Before the table is planned: host and marks as the configuration says. Never rejects. */
  async follow(model: Model): Promise<void> {
    await this.#settings.follow(model);
    await this.#matches.follow(model);
  }

  /** When the table has changed: tells what is not as it ought to be on this host. Never rejects. */
  check(model: Model): Promise<void> {
    this.#programmed = true;
    return this.#settings.check(model);
  }

  /** A round has ended: with every dump of the table the host is looked at, too. */
  roundFinished({ trigger }: Pick<PlanSummary, 'trigger'>): void {
    if (trigger.split(', ').includes('resync')) void this.#settings.keep();
  }

  /** Waits for checks that were asked for. */
  idle(): Promise<void> {
    return this.#settings.close();
  }

  /** What `on_stop` says of what is in the kernel; nothing before the first round. */
  async leave(
    model: Model,
    reconciler: Pick<Reconciler, 'setModel' | 'endProbes' | 'owned'>,
    logger: Pick<Logger, 'warn' | 'error'>,
  ): Promise<void> {
    if (!this.#programmed) return;
    await leaveTable({ model, reconciler, settings: this.#settings, logger });
  }

  /** Ends watching and announcing addresses; they stay. Idempotent. */
  close(): Promise<void> {
    return this.addresses.close();
  }

  /** Gives the network namespace back, last of all. Idempotent. */
  async release(): Promise<void> {
    await this.#lock?.release();
  }
}
