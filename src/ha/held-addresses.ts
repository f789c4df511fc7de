/**
 * The addresses of one instance, held or not: what failed is tried again until it is done, and what somebody else has
 * changed is put right. It does not know why.
 */
import type { Clock, Timer } from '../base/clock.js';
import type { Announcing, InstanceAddress } from '../model/vrrp-instance.js';
import type { AddressFailure, AddressOwner, AddressPresence } from './address-owner.js';
import { among, formatPlace, without } from './address-sets.js';
import { Announcements } from './announcements.js';
import type { Pacer } from './pacer.js';

/** What failed is tried again after this. */
export const RETRY_MS = 1000;

/** What it needs. */
export interface HeldAddressesOptions {
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly owner: AddressOwner;
  readonly announce: Announcing;
  /** Before a timer of its own does anything: who stood still may have to give the addresses up first. */
  readonly onWake: () => void;
  readonly onProblem: (message: string) => void;
}

/** One an instance. */
export class HeldAddresses {
  readonly #clock: Clock;
  readonly #owner: AddressOwner;
  readonly #onWake: () => void;
  readonly #onProblem: (message: string) => void;
  readonly #announcements: Announcements;
  /** Those that should be there; empty = none of the instance. */
  #wanted: readonly InstanceAddress[] = [];
  /** Those that were added, or may be there because they were not removed. */
  #there: readonly InstanceAddress[] = [];
  #retryTimer: Timer | null = null;
  #keptAtMs = -Infinity;
  /** Those that are there in another form than the file's. */
  #odd: readonly InstanceAddress[] = [];
  /** What failed last time, so that the same trouble is told once. */
  #told = new Set<string>();

  constructor({ clock, pacer, owner, announce, onWake, onProblem }: HeldAddressesOptions) {
    this.#clock = clock;
    this.#owner = owner;
    this.#onWake = onWake;
    this.#onProblem = onProblem;
    this.#announcements = new Announcements(announce, {
      clock,
      pacer,
      onWake,
      held: () => among(this.#there, this.#wanted),
      announce: (addresses) => this.#announce(addresses),
    });
  }

  /** Those that were added. Those that could not be removed are among them, too. */
  get there(): readonly InstanceAddress[] {
    return this.#there;
  }

  /** Has these and no others that it had before. What is new is to be announced. */
  hold(addresses: readonly InstanceAddress[]): void {
    this.#wanted = addresses;
    this.#converge();
  }

  /** Has none of them, whoever added them. */
  release(addresses: readonly InstanceAddress[]): void {
    this.#announcements.stop();
    this.#there = [...this.#there, ...without(addresses, this.#there)];
    this.#wanted = [];
    this.#converge();
  }

  /** Tells the neighbours what is held, as the plan says. */
  announce(): void {
    this.#announcements.demand();
  }

  /** Announces by another plan from now on. */
  announceBy(plan: Announcing): void {
    this.#announcements.reconfigure(plan);
  }

  /**
   * Puts right what somebody else has changed, or left behind: at once, but not more often than what failed is tried again.
   *
   * @param presenceOf how an address is on its interface now
   */
  keep(presenceOf: (address: InstanceAddress) => AddressPresence): void {
    const held = among(this.#there, this.#wanted);
    const gone = held.filter((each) => presenceOf(each) === 'gone');
    const odd = held.filter((each) => presenceOf(each) === 'odd');
    this.#odd = odd;
    if (gone.length === 0 && odd.length === 0) return;
    this.#there = without(this.#there, gone);
    for (const each of gone)
      this.#onProblem(`keep ${formatPlace(each)}: somebody else removed it; it is added again`);
    const nowMs = this.#clock.nowMs();
    this.#retryTimer ??= this.#clock.after(this.#keptAtMs + RETRY_MS - nowMs, () => this.#retry());
    this.#keptAtMs = nowMs;
  }

  /** Sets no timer any more; what is there stays. */
  close(): void {
    this.#announcements.stop();
    this.#retryTimer?.cancel();
    this.#retryTimer = null;
  }

  #converge(): void {
    this.#retryTimer?.cancel();
    this.#retryTimer = null;
    const stale = without(this.#there, this.#wanted);
    const notRemoved = stale.length === 0 ? [] : this.#owner.remove(stale);
    const notAdded = this.#wanted.length === 0 ? [] : this.#owner.add(this.#wanted);
    const failedToAdd = notAdded.map(({ address }) => address);
    const added = without(this.#wanted, failedToAdd);
    const isNew = without(added, this.#there).length > 0;
    this.#there = [...added, ...notRemoved.map(({ address }) => address)];
    if (isNew) this.#announcements.allow();
    this.#tell([...notRemoved, ...notAdded, ...this.#mend()]);
  }

  #mend(): readonly AddressFailure[] {
    const odd = among(this.#odd, among(this.#there, this.#wanted));
    const failures = odd.length === 0 ? [] : this.#owner.mend(odd);
    this.#odd = failures.map(({ address }) => address);
    for (const each of without(odd, this.#odd))
      this.#onProblem(`keep ${formatPlace(each)}: it was there in another form; it is as the file says now`);
    return failures;
  }

  #tell(failures: readonly AddressFailure[]): void {
    const messages = new Set(failures.map(({ message }) => message));
    for (const message of messages) if (!this.#told.has(message)) this.#onProblem(message);
    this.#told = messages;
    if (failures.length > 0) this.#retryTimer = this.#clock.after(RETRY_MS, () => this.#retry());
  }

  #retry(): void {
    const timer = this.#retryTimer;
    this.#onWake();
    if (this.#retryTimer !== timer) return;
    const before = this.#there;
    this.#converge();
    const came = without(this.#there, before);
    if (came.length > 0) this.#announcements.begin(came);
  }

  #announce(addresses: readonly InstanceAddress[]): void {
    const failures = addresses.length === 0 ? [] : this.#owner.announce(addresses);
    for (const { message } of failures) this.#onProblem(message);
  }
}
