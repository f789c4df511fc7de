/**
 * When the neighbours are told of the addresses of one instance: a volley at once, one more after a while, and then again
 * and again for as long as they are held. It does not know how they are told.
 *
 * A volley goes round: each address once, and once more when all have been. So all are known after the first round.
 */
import type { Clock, Timer } from '../base/clock.js';
import type { Announcing, InstanceAddress } from '../model/vrrp-instance.js';
import { among } from './address-sets.js';
import type { PacedWork, Pacer } from './pacer.js';

/** Whoever disputes the addresses brings about one volley in this time, and no more. */
export const ANNOUNCE_GAP_MS = 500;

export interface AnnouncementsOptions {
  readonly clock: Clock;
  readonly pacer: Pacer;
  /** Before anything is said in a later turn: who stood still may have to give the addresses up first. */
  readonly onWake: () => void;
  /** Those that are held at the moment: no other is announced. */
  readonly held: () => readonly InstanceAddress[];
  /** Tells the neighbours of each once. */
  readonly announce: (addresses: readonly InstanceAddress[]) => void;
}

/** One an instance. */
export class Announcements {
  readonly #options: AnnouncementsOptions;
  #plan: Announcing;
  readonly #volleys = new Set<PacedWork>();
  /** A volley of all that are held. */
  #next: { readonly timer: Timer; readonly atMs: number; readonly why: 'again' | 'demand' } | null = null;
  #refresh: Timer | null = null;
  /** The last volley, and the last time at all. */
  #volleyAtMs = -Infinity;
  #saidAtMs = -Infinity;
  #saying = false;

  constructor(plan: Announcing, options: AnnouncementsOptions) {
    this.#plan = plan;
    this.#options = options;
  }

  /** Announces these at once, and all that are held later. */
  begin(addresses: readonly InstanceAddress[]): void {
    const nowMs = this.#options.clock.nowMs();
    this.#saying = true;
    this.#volleyAtMs = nowMs;
    this.#say(addresses, this.#plan.volley);
    this.#planNext();
  }

  /** Announces all that are held at once, or as soon as that is not too often. */
  demand(): void {
    const soonestMs = this.#volleyAtMs + ANNOUNCE_GAP_MS;
    if (this.#options.clock.nowMs() >= soonestMs) this.begin(this.#options.held());
    else if ((this.#next?.atMs ?? Infinity) > soonestMs) this.#volleyAt(soonestMs, 'demand');
  }

  /** There are addresses that have not been announced: that is never too often. */
  allow(): void {
    this.#volleyAtMs = -Infinity;
  }

  /** Goes by another plan from now on, also with what was announced before. */
  reconfigure(plan: Announcing): void {
    const { againMs, refreshMs } = this.#plan;
    this.#plan = plan;
    if (!this.#saying) return;
    if (againMs !== plan.againMs && this.#next?.why === 'again') this.#planNext();
    if (refreshMs !== plan.refreshMs) this.#planRefresh();
  }

  /** Says nothing more. Idempotent. */
  stop(): void {
    this.#saying = false;
    for (const volley of this.#volleys) this.#options.pacer.withdraw(volley);
    this.#volleys.clear();
    this.#next?.timer.cancel();
    this.#next = null;
    this.#refresh?.cancel();
    this.#refresh = null;
  }

  #say(addresses: readonly InstanceAddress[], rounds: number): void {
    this.#saidAtMs = this.#options.clock.nowMs();
    this.#planRefresh();
    this.#round(addresses, rounds);
  }

  #round(addresses: readonly InstanceAddress[], rounds: number): void {
    if (rounds === 0 || addresses.length === 0) return;
    const { pacer, onWake, held, announce } = this.#options;
    let done = 0;
    const work: PacedWork = {
      get left() {
        return addresses.length - done;
      },
      wake: onWake,
      perform: (count) => {
        const piece = addresses.slice(done, done + count);
        done += count;
        announce(among(piece, held()));
        if (done < addresses.length) return;
        this.#volleys.delete(work);
        this.#round(addresses, rounds - 1);
      },
    };
    this.#volleys.add(work);
    pacer.submit(work);
  }

  /** The second volley, instead of what was to come next. */
  #planNext(): void {
    const { againMs } = this.#plan;
    if (againMs !== null) this.#volleyAt(this.#volleyAtMs + againMs, 'again');
    else {
      this.#next?.timer.cancel();
      this.#next = null;
    }
  }

  #volleyAt(atMs: number, why: 'again' | 'demand'): void {
    const { clock, onWake, held } = this.#options;
    this.#next?.timer.cancel();
    const timer = clock.after(atMs - clock.nowMs(), () => {
      onWake();
      if (this.#next?.timer !== timer) return;
      this.#next = null;
      if (why === 'demand') this.begin(held());
      else this.#say(held(), this.#plan.volley);
    });
    this.#next = { timer, atMs, why };
  }

  #planRefresh(): void {
    const { clock, onWake, held } = this.#options;
    const { refreshMs } = this.#plan;
    this.#refresh?.cancel();
    this.#refresh = null;
    if (refreshMs === null) return;
    const timer = clock.after(this.#saidAtMs + refreshMs - clock.nowMs(), () => {
      onWake();
      if (this.#refresh === timer) this.#say(held(), 1);
    });
    this.#refresh = timer;
  }
}
