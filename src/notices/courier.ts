/**
 * Brings the events of one notice out: in their order, one attempt at a time, patiently but not for ever. Nobody waits for it.
 *
 *   queue ──► attempt ──ok──► next
 *               └─failed──► back-off ──► same again, until `retry_for` is over or it is refused for good
 */
import { backoffDelayMs } from '../base/backoff.js';
import type { Clock, Random } from '../base/clock.js';
import { formatDuration } from '../base/duration.js';
import { reasonOf } from '../base/errors.js';
import { plural } from '../base/plural.js';
import type { NoticeSettings, NoticeStatus } from '../model/notice.js';
import type { Occurrence } from './content.js';
import type { Sender, SendResult } from './sender.js';
import { WaitingLine } from './waiting-line.js';

export interface CourierOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Hears once that the notice fails, and once that it is well again. */
  readonly tell: (type: 'notice-failed' | 'notice-recovered', message: string) => void;
}

interface Queued {
  readonly occurrence: Occurrence;
  /** ms of the clock. */
  readonly atMs: number;
}

interface Trial {
  readonly occurrence: Occurrence;
  readonly answer: (result: SendResult) => void;
}

const BACKOFF = { firstMs: 1000, factor: 2, capMs: 60_000, jitter: 0.2 };
const LONGEST_RETRY_AFTER_MS = 300_000;
/** A single hiccup is no news. */
const FAILURES_UNTIL_TOLD = 3;

/** One notice. */
export class Courier {
  readonly #options: CourierOptions;
  #settings: NoticeSettings;
  #sender: Sender;
  readonly #line: WaitingLine<Queued>;
  readonly #trials: Trial[] = [];
  /** Under way, or to be tried again. */
  #current: readonly Queued[] = [];
  /** What has come while the sender had to wait goes together. */
  #together = false;
  #running: Promise<void> | null = null;
  #wake: (() => void) | null = null;
  #notBeforeMs = 0;
  #failuresInRow = 0;
  /** When the first of them was. */
  #failingSinceMs = 0;
  #toldFailure = false;
  /** Since the last success. */
  #missed = 0;
  #sent = 0;
  #failed = 0;
  #dropped = 0;
  #failing: string | null = null;
  #lastSentAtMs: number | null = null;
  /** Ends the attempt under way. */
  #stopAttempt: ((reason: Error) => void) | null = null;
  /** The time of the end is over. */
  #over: Error | null = null;
  #closing: Promise<void> | null = null;

  constructor(settings: NoticeSettings, sender: Sender, options: CourierOptions) {
    this.#settings = settings;
    this.#sender = sender;
    this.#options = options;
    this.#line = new WaitingLine(settings.queue);
  }

  get settings(): NoticeSettings {
    return this.#settings;
  }

  get sender(): Sender {
    return this.#sender;
  }

  get status(): NoticeStatus {
    return {
      name: this.#settings.name,
      type: this.#settings.type,
      sent: this.#sent,
      failed: this.#failed,
      dropped: this.#dropped,
      queued: this.#line.length + this.#current.length,
      failing: this.#failing,
      lastSentAtMs: this.#lastSentAtMs,
    };
  }

  /** Goes on by other settings. What waits stays, and is tried at once. */
  follow(settings: NoticeSettings, sender: Sender): void {
    this.#sender.close();
    this.#settings = settings;
    this.#sender = sender;
    this.#drop(this.#line.resize(settings.queue));
    this.#failuresInRow = 0;
    this.#notBeforeMs = 0;
    this.#wake?.();
  }

  /** Queues an event. Never blocks, never throws. */
  push(occurrence: Occurrence): void {
    if (this.#closing !== null) return;
    this.#drop(this.#line.push({ occurrence, atMs: this.#options.clock.nowMs() }));
    this.#running ??= this.#work();
  }

  /** One attempt, before what waits, whose result changes nothing for that. */
  try(occurrence: Occurrence): Promise<SendResult> {
    return new Promise((answer) => {
      this.#trials.push({ occurrence, answer });
      this.#wake?.();
      this.#running ??= this.#work();
    });
  }

  /**
   * Sends what waits, each event once, until something fails or the time is over; the rest is dropped, and told. Idempotent.
   *
   * @param limitMs time for all of it
   */
  close(limitMs: number): Promise<void> {
    this.#closing ??= this.#close(limitMs);
    return this.#closing;
  }

  async #close(limitMs: number): Promise<void> {
    const timer = this.#options.clock.after(limitMs, () => {
      this.#over = new Error('the director does not wait any longer');
      this.#stopAttempt?.(this.#over);
    });
    this.#wake?.();
    await this.#running;
    timer.cancel();
    this.#sender.close();
    const unsent = this.#current.length + this.#line.length;
    this.#current = [];
    this.#line.take(unsent);
    if (unsent === 0) return;
    this.#dropped += unsent;
    const why = this.#failing === null ? '' : `: ${this.#failing}`;
    this.#options.tell('notice-failed', `ends with ${plural(unsent, 'event')} not sent${why}`);
  }

  /** Ends when there is nothing to send, or no use in going on. */
  async #work(): Promise<void> {
    // What queued the event goes on first.
    await Promise.resolve();
    for (;;) {
      const trial = this.#trials.shift();
      if (trial !== undefined) trial.answer(await this.#attempt([trial.occurrence], 0));
      else if (this.#current.length === 0 && this.#line.length === 0) break;
      else if (this.#closing === null) await this.#step();
      else if (this.#over !== null || !(await this.#deliver())) break;
    }
    // In the same turn as the look at the queue, so that nothing can have come in between.
    this.#running = null;
  }

  /** Waits where it must not send yet, else sends. Things may look otherwise after a wait. */
  async #step(): Promise<void> {
    const senderMs = this.#sender.waitMs();
    const waitMs = Math.max(senderMs, this.#notBeforeMs - this.#options.clock.nowMs());
    if (waitMs <= 0) {
      await this.#deliver();
      return;
    }
    if (senderMs > 0) this.#together = true;
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(waitMs, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#wake = null;
  }

  /** One attempt at what comes next. @returns whether it was sent */
  async #deliver(): Promise<boolean> {
    // They went together by a sender that has left.
    if (this.#current.length > 1 && !this.#sender.sumsUp) {
      const back = this.#current;
      this.#current = [];
      this.#drop(this.#line.putBack(back));
    }
    if (this.#current.length === 0) {
      // At the end nothing waits for its turn.
      const together = this.#sender.sumsUp && (this.#together || this.#sender.waitMs() > 0);
      this.#current = this.#line.take(together ? this.#line.length : 1);
    }
    const occurrences = this.#current.map(({ occurrence }) => occurrence);
    const result = await this.#attempt(occurrences, this.#missed);
    if (result.ok) this.#succeeded();
    else this.#failedBy(result);
    return result.ok;
  }

  async #attempt(occurrences: readonly Occurrence[], missed: number): Promise<SendResult> {
    const { timeoutMs } = this.#settings;
    // A signal of its own: one for all attempts would remember each of them.
    const limit = new AbortController();
    const { signal } = limit;
    const timer = this.#options.clock.after(timeoutMs, () =>
      limit.abort(new Error(`no end within ${formatDuration(timeoutMs)}`)),
    );
    this.#stopAttempt = (reason) => limit.abort(reason);
    try {
      if (this.#over !== null) limit.abort(this.#over);
      signal.throwIfAborted();
      return await this.#sender.send(occurrences, missed, signal);
    } catch (thrown) {
      const reason: unknown = signal.aborted ? signal.reason : thrown;
      return { ok: false, reason: reasonOf(reason), retryable: true };
    } finally {
      timer.cancel();
      this.#stopAttempt = null;
    }
  }

  #succeeded(): void {
    const { clock, tell } = this.#options;
    this.#sent += this.#current.length;
    this.#lastSentAtMs = clock.wallMs();
    if (this.#toldFailure) {
      const lost = this.#missed === 0 ? 'nothing was lost' : `${plural(this.#missed, 'event')} lost`;
      tell('notice-recovered', `sent again, ${lost}`);
    }
    this.#toldFailure = false;
    this.#failing = null;
    this.#failuresInRow = 0;
    this.#missed = 0;
    this.#done();
  }

  #failedBy({ reason, retryable, retryAfterMs = 0 }: Extract<SendResult, { ok: false }>): void {
    const { clock, random } = this.#options;
    this.#failing = reason;
    if (this.#failuresInRow++ === 0) this.#failingSinceMs = clock.nowMs();
    const backoffMs = backoffDelayMs(this.#failuresInRow, BACKOFF, random);
    this.#notBeforeMs = clock.nowMs() + Math.max(backoffMs, Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS));
    const givenUp = retryable ? this.#giveUpLate() : this.#giveUpCurrent();
    this.#failed += givenUp;
    this.#missed += givenUp;
    if (givenUp > 0)
      this.#tellFailure(`${reason}; ${givenUp === 1 ? 'the event is' : `${givenUp} events are`} given up`);
    else if (this.#failuresInRow >= FAILURES_UNTIL_TOLD) this.#tellFailure(`${reason}; it is tried again`);
  }

  /** @returns how many */
  #giveUpCurrent(): number {
    const count = this.#current.length;
    this.#done();
    return count;
  }

  /**
   * Those whose time is over, also of those that wait behind: what has just failed would have failed for them, too. Only
   * where nothing is tried twice has each of them an attempt of its own.
   *
   * @returns how many
   */
  #giveUpLate(): number {
    const nowMs = this.#options.clock.nowMs();
    const { retryForMs } = this.#settings;
    // What waited for its turn before anything failed has lost no time by that.
    const isLate = ({ atMs }: Queued): boolean => nowMs - Math.max(atMs, this.#failingSinceMs) >= retryForMs;
    const left = this.#current.filter((queued) => !isLate(queued));
    const count = this.#current.length - left.length;
    if (left.length === 0) this.#done();
    else this.#current = left;
    return count + (retryForMs === 0 ? 0 : this.#line.leaveWhile(isLate));
  }

  #done(): void {
    this.#current = [];
    this.#together = false;
  }

  #drop(count: number): void {
    if (count === 0) return;
    this.#dropped += count;
    this.#missed += count;
    this.#tellFailure(`more than ${plural(this.#settings.queue, 'event')} wait: the oldest are dropped`);
  }

  /** Once until it is well again. */
  #tellFailure(message: string): void {
    if (this.#toldFailure) return;
    this.#toldFailure = true;
    this.#options.tell('notice-failed', message);
  }
}
