/**
 * The instance's own line to one other director, as far as heartbeat lines tell what should be heard on it.
 *
 * Advertisements come from active directors alone, so that silence there is no news by itself. It is one when
 *
 * - the other one says by a heartbeat line that it is active, and no advertisement of it comes;
 * - this one is active, and the other one says that it hears no advertisement of it.
 */
import type { Clock } from '../base/clock.js';
import type { VrrpLine } from '../model/vrrp-role.js';
import { LineWatch, type LineNews } from './line-watch.js';

export interface OwnLineOptions {
  readonly clock: Clock;
  /** Of the instance. */
  readonly interface: string;
  /** How long an interval of the other one is waited for, ms. */
  readonly patienceMs: (advertiseMs: number) => number;
  readonly onNews: (line: OwnLine, news: LineNews) => void;
}

/** By the address from which the other one advertises. */
export class OwnLine {
  /** Canonical text. */
  readonly peer: string;
  readonly #options: OwnLineOptions;
  readonly #watch: LineWatch;
  #heardAtMs = -Infinity;
  /** The other one is, since this moment. */
  #activeSinceMs = Infinity;

  constructor(peer: string, options: OwnLineOptions) {
    this.peer = peer;
    this.#options = options;
    this.#watch = new LineWatch(options.clock, (news) => options.onNews(this, news));
  }

  get interface(): string {
    return this.#options.interface;
  }

  get dueAtMs(): number {
    return this.#watch.dueAtMs;
  }

  get isSilent(): boolean {
    return this.#watch.state === 'silent';
  }

  /** The other one is active, and its advertisements do not come. */
  get isDeaf(): boolean {
    return this.#activeSinceMs !== Infinity && this.isSilent;
  }

  /** An advertisement of it came. @param leaving with priority 0 */
  heard(advertiseMs: number, leaving: boolean, nowMs: number): void {
    this.#heardAtMs = nowMs;
    if (leaving) this.#activeSinceMs = Infinity;
    this.#watch.heard(
      leaving ? Infinity : nowMs + this.#options.patienceMs(advertiseMs),
      `${this.peer} is heard there`,
    );
  }

  /** It is active, as it says elsewhere. */
  expect(advertiseMs: number, nowMs: number): void {
    if (this.#activeSinceMs !== Infinity) return;
    this.#activeSinceMs = nowMs;
    const fromMs = Math.max(this.#heardAtMs, nowMs);
    this.#watch.expect(fromMs + this.#options.patienceMs(advertiseMs));
  }

  /** It is not active: nothing comes. Also when an advertisement of before came later than the hello that says so. */
  rest(): void {
    this.#activeSinceMs = Infinity;
    this.#watch.expect(Infinity);
  }

  /** What it says of the advertisements of this one, which has been active for long enough for it to know. */
  answered(deaf: boolean): void {
    if (deaf) this.#watch.silent(`${this.peer} does not hear this director there`);
    else this.#watch.heard(Infinity, `${this.peer} hears this director there`);
  }

  check(nowMs: number): void {
    if (nowMs < this.#watch.dueAtMs) return;
    const sinceMs = Math.max(this.#heardAtMs, Math.min(this.#activeSinceMs, nowMs));
    this.#watch.silent(
      `${this.peer} is active, and was not heard there for ${Math.round(nowMs - sinceMs)} ms`,
    );
  }

  describe(): VrrpLine {
    const { state, reason, sinceMs } = this.#watch;
    return { interface: this.interface, peer: this.peer, state, reason, sinceMs };
  }
}
