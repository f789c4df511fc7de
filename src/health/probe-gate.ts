/** Bounds how many probes run at once and how many begin in a second, whatever asks for them. */
import type { Clock } from '../base/clock.js';
import type { Agenda, Alarm } from './agenda.js';

/** Limits of all probes of the director together. */
export interface ProbeLimits {
  /** Probes at once, at least 1. */
  readonly maxProbes: number;
  /** Probes that may begin in a second, at least 1. */
  readonly maxRate: number;
}

/** So much of a second's probes may begin at one moment. */
const BURST_SEC = 0.1;

/** First come, first served. */
export class ProbeGate {
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  #limits: ProbeLimits;
  #running = 0;
  /** When the next probe might begin if probes began evenly at the full rate, ms of the clock. */
  #evenMs = -Infinity;
  /** Insertion order is the queue's order. */
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock, agenda: Agenda, limits: ProbeLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#alarm = agenda.alarm(() => this.#open());
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Probes that run already go on. */
  setLimits(limits: ProbeLimits): void {
    this.#limits = limits;
    this.#open();
  }

  /**
   * Calls `start` as soon as it may begin, perhaps at once; its owner then calls `release` exactly once.
   *
   * @param start its identity is its place in the queue: it waits once
   */
  request(start: () => void): void {
    this.#waiting.add(start);
    this.#open();
  }

  /** Takes a request back. Harmless once `start` was called. */
  withdraw(start: () => void): void {
    this.#waiting.delete(start);
    if (this.#waiting.size === 0) this.#alarm.cancel();
  }

  /** A probe has ended. */
  release(): void {
    this.#running--;
    this.#open();
  }

  #open(): void {
    for (const start of this.#waiting) {
      if (this.#running >= this.#limits.maxProbes) return;
      const delayMs = this.#delayMs();
      if (delayMs > 0) {
        this.#alarm.set(this.#clock.nowMs() + delayMs);
        return;
      }
      this.#waiting.delete(start);
      this.#running++;
      start();
    }
  }

  /** Takes its share of the rate and gives 0, or takes nothing and gives the time until it may. */
  #delayMs(): number {
    const nowMs = this.#clock.nowMs();
    const { maxRate } = this.#limits;
    const stepMs = 1000 / maxRate;
    const burstMs = Math.max(stepMs, 1000 * BURST_SEC) - stepMs;
    const evenMs = Math.max(this.#evenMs, nowMs);
    if (evenMs - nowMs > burstMs) return evenMs - nowMs - burstMs;
    this.#evenMs = evenMs + stepMs;
    return 0;
  }
}
