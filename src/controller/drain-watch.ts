/**
 * Looks at servers that drain until nobody is left on them or their time is over.
 *
 * Only services in which something drains are looked at, at most once a second; nothing runs when nothing drains.
 */
import type { Clock, Timer } from '../base/clock.js';
import type { ObservedServer, ObservedTable } from '../dataplane/types.js';
import type { DrainCounts, DrainEndCause, DrainTime } from '../model/drain.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import { drainCounts, judgeDrain } from './drain.js';
import { DrainDeadlines } from './drain-deadlines.js';

/** Least time between two looks, ms. */
export const LOOK_MS = 1000;
/** A look at a large service takes time: the next one waits so many times as long, up to the limit. */
const SHARE = 20;
const LONGEST_GAP_MS = 10_000;

/** A drain that is under way. */
export interface RunningDrain extends DrainTime {
  readonly service: ServiceKey;
  readonly server: ServerKey;
}

export interface EndedDrain {
  readonly drain: RunningDrain;
  readonly cause: DrainEndCause;
  /** What was left on the server. */
  readonly counts: DrainCounts;
}

export interface DrainWatchOptions {
  readonly clock: Clock;
  /** Those that are under way at this moment. */
  readonly running: () => readonly RunningDrain[];
  /** Reads these services while no step is run. Its failure is told by the rounds, which need the table, too. */
  readonly look: (services: ReadonlySet<ServiceKey>) => Promise<ObservedTable>;
  /** Settles when the steps that follow have been run, or have failed, which is told elsewhere. */
  readonly onEnded: (ended: readonly EndedDrain[]) => Promise<void>;
  /** The wall clock was set: these are the drain's times from now on. */
  readonly onMoved: (drain: RunningDrain, time: DrainTime) => void;
}

const NOTHING_LEFT: DrainCounts = { active: 0, inactive: 0, sticky: 0 };

export class DrainWatch {
  readonly #options: DrainWatchOptions;
  readonly #deadlines: DrainDeadlines;
  readonly #counts = new Map<string, DrainCounts>();
  #timer: { readonly atMs: number; readonly timer: Timer } | null = null;
  /** Since when something drains; monotonic. */
  #sinceMs: number | null = null;
  #lastLookMs = Number.NEGATIVE_INFINITY;
  #gapMs = LOOK_MS;
  #looking: Promise<void> | null = null;
  #closed = false;

  constructor(options: DrainWatchOptions) {
    this.#options = options;
    this.#deadlines = new DrainDeadlines(options.clock);
  }

  /** What was left on the server at the last look; null before the first one. */
  counts(service: ServiceKey, server: ServerKey): DrainCounts | null {
    return this.#counts.get(nameOf({ service, server })) ?? null;
  }

  /** Other servers may drain than before: sets the timer accordingly. Cheap, and harmless when nothing changed. */
  follow(): void {
    const running = this.#closed ? [] : this.#options.running();
    const names = new Set(running.map(nameOf));
    this.#deadlines.keep(names);
    for (const name of this.#counts.keys()) if (!names.has(name)) this.#counts.delete(name);
    if (running.length === 0) {
      this.#sinceMs = null;
      this.#disarm();
    } else this.#arm(running);
  }

  /** Looks now and tells what has ended. Looks that are asked for together are one. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look(true).finally(() => {
      this.#looking = null;
      this.follow();
    });
    return this.#looking;
  }

  /** Counts now, and judges nothing: for who wants to show what is left. Never rejects. */
  async count(): Promise<void> {
    await this.#look(false);
  }

  /** Stops the timer. */
  close(): void {
    this.#closed = true;
    this.#disarm();
  }

  #arm(running: readonly RunningDrain[]): void {
    const nowMs = this.#options.clock.nowMs();
    // A first look shortly after the weight became 0 might miss who was just being scheduled.
    this.#sinceMs ??= nowMs;
    const regularMs = Math.max(this.#lastLookMs + this.#gapMs, this.#sinceMs + LOOK_MS);
    const dueMs = Math.min(...running.map((drain) => this.#deadlines.dueMs(nameOf(drain), drain)));
    // A deadline shortly after the regular look takes its place, so that it is kept to the millisecond.
    const earliestMs = Math.max(nowMs, this.#lastLookMs + LOOK_MS);
    const atMs = Math.max(earliestMs, dueMs < regularMs + LOOK_MS ? dueMs : regularMs);
    if (this.#timer !== null && this.#timer.atMs <= atMs) return;
    this.#disarm();
    const timer = this.#options.clock.after(atMs - nowMs, () => {
      this.#timer = null;
      void this.look();
    });
    this.#timer = { atMs, timer };
  }

  #disarm(): void {
    this.#timer?.timer.cancel();
    this.#timer = null;
  }

  async #look(judge: boolean): Promise<void> {
    const services = new Set(this.#options.running().map(({ service }) => service));
    if (services.size === 0) return;
    const observed = await this.#observe(services);
    if (observed === null || this.#closed) return;
    // Asked anew: an order may have been taken back, or given, while the table was read.
    const looked = this.#options.running().filter(({ service }) => services.has(service));
    const ended: EndedDrain[] = [];
    for (const drain of looked) {
      const entry = observed.get(drain.service)?.servers.get(drain.server);
      const counts = entry === undefined ? NOTHING_LEFT : drainCounts(entry);
      this.#counts.set(nameOf(drain), counts);
      const cause = judge ? this.#judge(drain, entry) : null;
      if (cause !== null) ended.push({ drain, cause, counts });
    }
    if (ended.length > 0) await this.#options.onEnded(ended);
  }

  async #observe(services: ReadonlySet<ServiceKey>): Promise<ObservedTable | null> {
    const { clock, look } = this.#options;
    const startedMs = clock.nowMs();
    try {
      return await look(services);
    } catch {
      // The next look may succeed; that the table cannot be read is told by the rounds.
      return null;
    } finally {
      this.#lastLookMs = clock.nowMs();
      const tookMs = this.#lastLookMs - startedMs;
      this.#gapMs = Math.min(LONGEST_GAP_MS, Math.max(LOOK_MS, tookMs * SHARE));
    }
  }

  #judge(drain: RunningDrain, entry: ObservedServer | undefined): DrainEndCause | null {
    const name = nameOf(drain);
    const dueMs = this.#deadlines.dueMs(name, drain);
    const moved = this.#deadlines.moved(name, drain);
    if (moved !== null) this.#options.onMoved(drain, moved);
    return judgeDrain(entry, this.#options.clock.nowMs() >= dueMs);
  }
}

function nameOf({ service, server }: Pick<RunningDrain, 'service' | 'server'>): string {
  return `${service} ${server}`;
}
