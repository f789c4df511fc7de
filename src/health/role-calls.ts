/** A server that calls itself primary concerns all that hold the same data: they are asked at once. */
import type { Agenda, Alarm } from './agenda.js';
import type { Clock } from '../base/clock.js';
import type { Prober } from './prober.js';
import type { WatchedCheck } from './server-watch.js';

/** The checks of one server. */
interface Asked {
  readonly watch: { readonly checks: readonly Pick<WatchedCheck, 'roleOf' | 'prober'>[] };
}

/** The servers of one service. */
interface AskedService {
  readonly servers: ReadonlyMap<unknown, Asked>;
}

/**
 * Collects the claims of one moment, so that each probe is brought forward once, however many services share it. Who is
 * concerned: every server of every service that asks a claiming one for its role.
 */
export class RoleCalls {
  readonly #clock: Clock;
  readonly #services: () => Iterable<AskedService>;
  readonly #alarm: Alarm;
  /** By whom was asked, the probe that heard it. */
  #claims = new Map<string, Set<Prober>>();

  /** @param services all that are watched, whenever it is called */
  constructor(clock: Clock, agenda: Agenda, services: () => Iterable<AskedService>) {
    this.#clock = clock;
    this.#services = services;
    this.#alarm = agenda.alarm(() => this.#call());
  }

  /** The server that this check asks has begun to say that it is the primary. */
  claimed({ roleOf, prober }: Pick<WatchedCheck, 'roleOf' | 'prober'>): void {
    if (roleOf === null) return;
    const heard = this.#claims.get(roleOf) ?? new Set<Prober>();
    this.#claims.set(roleOf, heard.add(prober));
    if (this.#alarm.dueMs === null) this.#alarm.set(this.#clock.nowMs());
  }

  /** What was collected is called no more. */
  close(): void {
    this.#alarm.cancel();
  }

  #call(): void {
    const claims = this.#claims;
    this.#claims = new Map();
    for (const [prober, concerned] of this.#concerned(claims)) if (concerned) prober.wake();
  }

  /** By probe: whether it has to ask again, for it heard of no claim itself or another one matters to it, too. */
  #concerned(claims: ReadonlyMap<string, ReadonlySet<Prober>>): ReadonlyMap<Prober, boolean> {
    const concerned = new Map<Prober, boolean>();
    for (const { servers } of this.#services()) {
      const asking = [...servers.values()].flatMap(({ watch }) =>
        watch.checks.filter(({ roleOf }) => roleOf !== null),
      );
      const claimed = new Set(
        asking.flatMap(({ roleOf }) => (roleOf !== null && claims.has(roleOf) ? [roleOf] : [])),
      );
      if (claimed.size === 0) continue;
      for (const { roleOf, prober } of asking) {
        const heardItself = roleOf !== null && claims.get(roleOf)?.has(prober) === true;
        const isConcerned = !heardItself || claimed.size > 1;
        concerned.set(prober, isConcerned || concerned.get(prober) === true);
      }
    }
    return concerned;
  }
}
