/**
 * The addresses of one instance, held or not: what failed is tried again until it is done, and what is held is announced
 * at once and once more. It does not know why.
 */
import type { Clock, Timer } from '../base/clock.js';
import type { InstanceAddress } from '../model/vrrp-instance.js';
import type { AddressFailure, AddressOwner } from './address-owner.js';

/** Neighbours that missed the first announcement, as a switch port that was still learning, hear this one. */
export const ANNOUNCE_AGAIN_MS = 5000;
/** Whoever disputes the addresses brings about one volley in this time, and no more. */
export const ANNOUNCE_GAP_MS = 1000;
/** What failed is tried again after this. */
export const RETRY_MS = 1000;

/** What it needs. */
export interface HeldAddressesOptions {
  readonly clock: Clock;
  readonly owner: AddressOwner;
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
  /** Those that should be there; empty = none of the instance. */
  #wanted: readonly InstanceAddress[] = [];
  /** Those that were added, or may be there because they were not removed. */
  #there: readonly InstanceAddress[] = [];
  #announcedAtMs = -Infinity;
  #announceTimer: Timer | null = null;
  #announceAtMs = Infinity;
  #retryTimer: Timer | null = null;
  #keptAtMs = -Infinity;
  /** What failed last time, so that the same trouble is told once. */
  #told = new Set<string>();

  constructor({ clock, owner, onWake, onProblem }: HeldAddressesOptions) {
    this.#clock = clock;
    this.#owner = owner;
    this.#onWake = onWake;
    this.#onProblem = onProblem;
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
    this.#stopAnnouncing();
    this.#there = [...this.#there, ...without(addresses, this.#there)];
    this.#wanted = [];
    this.#converge();
  }

  /** Tells the neighbours what is held, and again after a while. */
  announce(): void {
    const soonestMs = this.#announcedAtMs + ANNOUNCE_GAP_MS;
    if (this.#clock.nowMs() >= soonestMs) this.#announceTwice(this.#there);
    else if (this.#announceAtMs > soonestMs)
      this.#announceAt(soonestMs, () => this.#announceTwice(this.#there));
  }

  /** Adds again what somebody else has removed; at once, but not more often than what failed is tried again. */
  keep(isThere: (address: InstanceAddress) => boolean): void {
    const gone = without(this.#there, without(this.#there, this.#wanted)).filter((each) => !isThere(each));
    if (gone.length === 0) return;
    this.#there = without(this.#there, gone);
    for (const { address, prefixLength, interface: name } of gone)
      this.#onProblem(
        `keep ${address}/${prefixLength} on ${name}: somebody else removed it; it is added again`,
      );
    const nowMs = this.#clock.nowMs();
    this.#retryTimer ??= this.#clock.after(this.#keptAtMs + RETRY_MS - nowMs, () => this.#retry());
    this.#keptAtMs = nowMs;
  }

  /** Sets no timer any more; what is there stays. */
  close(): void {
    this.#stopAnnouncing();
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
    if (isNew) this.#announcedAtMs = -Infinity;
    this.#tell([...notRemoved, ...notAdded]);
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
    if (came.length > 0) this.#announceTwice(came);
  }

  #announceTwice(addresses: readonly InstanceAddress[]): void {
    this.#announceOnce(addresses);
    this.#announceAt(this.#announcedAtMs + ANNOUNCE_AGAIN_MS, () => this.#announceOnce(this.#there));
  }

  #announceOnce(addresses: readonly InstanceAddress[]): void {
    this.#stopAnnouncing();
    this.#announcedAtMs = this.#clock.nowMs();
    const failures = addresses.length === 0 ? [] : this.#owner.announce(addresses);
    for (const { message } of failures) this.#onProblem(message);
  }

  /** Instead of what was to be announced later. */
  #announceAt(atMs: number, announce: () => void): void {
    this.#stopAnnouncing();
    this.#announceAtMs = atMs;
    const timer = this.#clock.after(atMs - this.#clock.nowMs(), () => {
      this.#onWake();
      if (this.#announceTimer === timer) announce();
    });
    this.#announceTimer = timer;
  }

  #stopAnnouncing(): void {
    this.#announceTimer?.cancel();
    this.#announceTimer = null;
    this.#announceAtMs = Infinity;
  }
}

/** Those of `addresses` that are not among `others`. */
function without(
  addresses: readonly InstanceAddress[],
  others: readonly InstanceAddress[],
): readonly InstanceAddress[] {
  const keys = new Set(others.map(keyOf));
  return addresses.filter((address) => !keys.has(keyOf(address)));
}

function keyOf({ address, prefixLength, interface: name }: InstanceAddress): string {
  return `${address}/${prefixLength} ${name}`;
}
