/** One server under one check: its schedule, its probe in flight, its verdict. */
import type { Clock, Random, Timer } from '../base/clock.js';
import type { CheckTiming } from '../model/health-check.js';
import type { Verdict } from '../model/status.js';
import type { ProbeSlots } from './probe-slots.js';
import { NOT_CHECKED, count, type Count } from './rise-fall.js';
import { timedProbe, type TimedResult } from './timed-probe.js';
import type { Checker } from './types.js';

/** What a target shares with all others. */
export interface TargetContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly slots: ProbeSlots;
}

/** Hears of every probe that was counted, with the verdict that it led to. */
export type OnCounted = (probe: TimedResult, verdict: Verdict) => void;

/** A probe under way. */
interface Flight {
  readonly checker: Checker;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** The first probe after a start or an edit comes within this time, or one interval if that is shorter. */
const SOON_MS = 1000;

const NO_TIMER: Timer = { cancel: () => undefined };

/**
 * Probes for ever, from `start` to `stop`, one probe at a time.
 *
 *   waiting ──timer──► queued ──slot──► probing ──counted──► waiting
 *      ▲                                   │
 *      └──────────── edited: not counted ──┘        stop: from anywhere, for good
 */
export class Target {
  readonly #context: TargetContext;
  readonly #onCounted: OnCounted;
  #checker: Checker;
  #timing: CheckTiming;
  #count: Count = NOT_CHECKED;
  #sinceMs: number;
  #checkedAtMs: number | null = null;
  /** The timer or the place in the queue; harmless when a probe is in flight. */
  #wait: Timer = NO_TIMER;
  #flight: Flight | null = null;
  #stopped = false;

  constructor(context: TargetContext, onCounted: OnCounted, checker: Checker, timing: CheckTiming) {
    this.#context = context;
    this.#onCounted = onCounted;
    this.#checker = checker;
    this.#timing = timing;
    this.#sinceMs = context.clock.wallMs();
  }

  get verdict(): Verdict {
    const { state, reason } = this.#count;
    return { state, countsAs: state, reason, sinceMs: this.#sinceMs, checkedAtMs: this.#checkedAtMs };
  }

  /** Goes on from a verdict that an earlier director left: as many results as ever change it. Before the first probe. */
  resume({ state, reason, sinceMs, checkedAtMs }: Verdict): void {
    if (state === 'unknown') return;
    this.#count = { state, contrary: 0, reason };
    this.#sinceMs = sinceMs;
    this.#checkedAtMs = checkedAtMs;
  }

  /** Begins to probe; the first probe comes soon. */
  start(): void {
    this.#waitFor(this.#soonMs());
  }

  /**
   * Goes on under another check: the count stays, the next probe comes soon.
   *
   * A probe in flight is aborted and not counted, since it answers a question that is no longer asked.
   */
  edit(checker: Checker, timing: CheckTiming): void {
    this.#checker = checker;
    this.#timing = timing;
    if (this.#flight === null) this.#waitFor(this.#soonMs());
    else this.#flight.abort.abort(new Error('check was edited'));
  }

  /** Ends for good; resolves when no probe is in flight. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wait.cancel();
    this.#flight?.abort.abort(new Error('check was stopped'));
    await this.#flight?.ended;
  }

  #waitFor(delayMs: number): void {
    const { clock, slots } = this.#context;
    this.#wait.cancel();
    this.#wait = clock.after(delayMs, () => {
      this.#wait = slots.request(() => this.#takeOff());
    });
  }

  #takeOff(): void {
    const flight = { checker: this.#checker, abort: new AbortController() };
    this.#flight = { ...flight, ended: this.#fly(flight.checker, flight.abort) };
  }

  async #fly(checker: Checker, abort: AbortController): Promise<void> {
    const { clock, slots } = this.#context;
    const nextAtMs = clock.nowMs() + this.#jitteredIntervalMs();
    const probe = await timedProbe(checker, this.#timing.timeoutMs, clock, abort);
    this.#flight = null;
    slots.release();
    if (this.#stopped) return;
    const edited = checker !== this.#checker;
    this.#waitFor(edited ? this.#soonMs() : nextAtMs - clock.nowMs());
    if (!edited) this.#record(probe);
  }

  #record(probe: TimedResult): void {
    const before = this.#count.state;
    this.#count = count(this.#count, probe.result, this.#timing);
    this.#checkedAtMs = this.#context.clock.wallMs();
    if (this.#count.state !== before) this.#sinceMs = this.#checkedAtMs;
    this.#onCounted(probe, this.verdict);
  }

  /** Interval from start to start, changed by up to `jitter`, so that probes of many servers stay spread. */
  #jitteredIntervalMs(): number {
    const { intervalMs, jitter } = this.#timing;
    return intervalMs * (1 + jitter * (2 * this.#context.random() - 1));
  }

  #soonMs(): number {
    return this.#context.random() * Math.min(this.#timing.intervalMs, SOON_MS);
  }
}
