/** One probe, run once however many checks want its results. */
import type { Alarm } from './agenda.js';
import type { ProbeGate } from './probe-gate.js';
import type { ProbeMoments } from './role-watch.js';
import { firstDelayMs } from './spread.js';
import { STALL_MS } from './stall-watch.js';
import { timedProbe, type ProbeTime, type TimedResult } from './timed-probe.js';
import type { Checker, ProbeObserver } from './types.js';
import type { Random } from '../base/clock.js';

/** What all probers share. */
export interface ProberContext extends ProbeTime {
  readonly random: Random;
  readonly gate: ProbeGate;
  /** Rises with each call: see `RoleReport`. */
  readonly nextMoment: () => number;
  readonly observer?: ProbeObserver | undefined;
}

/** A check of one server of one service, which takes results. */
export interface Taker {
  /** The interval that it wants now; may be another one after each result. */
  readonly intervalMs: number;
  /** Share of the interval, 0..0.5. */
  readonly jitter: number;
  take(probe: TimedResult, moments: ProbeMoments): void;
}

/** A taker's place at a prober. */
interface Seat {
  readonly taker: Taker;
  /** Time by intervals since the result that it took last. */
  creditMs: number;
  /** Takes the next result, whatever its interval says: it was not there before, or was edited. */
  urgent: boolean;
}

/** Between two probes that somebody else's answer brings forward, ms: two servers that flap cannot drive each other. */
const WAKE_GAP_MS = 250;

/** A probe that begins late does not delay those after it, but none comes sooner after it than this share of the pace. */
const LEAST_GAP = 0.5;

type WaitingFor = 'time' | 'turn' | 'result' | 'nothing';

/**
 * Probes for ever, from `begin` to `stop`, one probe at a time.
 *
 *   waiting ──alarm──► queued ──gate──► probing ──result taken──► waiting        stop: from anywhere, for good
 *
 * The shortest interval that any taker wants is the pace. A taker with a longer one takes every n-th result, n being
 * how often the pace fits into its interval: it takes a result when it would otherwise be late at the next. As the pace
 * may change with each result (fast_interval, down_interval), the time since its last is kept in paces gone by, to
 * which comes what a probe began late.
 *
 * A probe that is made for the sake of urgent takers, out of turn, is theirs alone and changes no one else's rhythm.
 */
export class Prober {
  readonly #context: ProberContext;
  readonly #checker: Checker;
  readonly #timeoutMs: number;
  readonly #phase: number;
  readonly #seats = new Map<Taker, Seat>();
  readonly #alarm: Alarm;
  readonly #takeOff = (): void => this.#fly();
  /** When the next probe in rhythm is planned, how long after the last one's start that is, and by which pace. */
  #regular = { dueMs: 0, gapMs: 0, paceMs: Infinity };
  /** From when on the next pace counts: when the last probe in rhythm was planned, or later where it began too late. */
  #beatMs = -Infinity;
  #alarmedMs = Infinity;
  #queuedMs = 0;
  #waiting: WaitingFor = 'nothing';
  /** Of all probes until one is aborted: to make it takes a tenth of the work of a small probe. */
  #abort = new AbortController();
  /** The end of the probe under way. */
  #flight: Promise<void> | null = null;
  /** For when it was brought forward last by `wake`, ms of the clock. */
  #wokenMs = -Infinity;
  /** It is to be woken once the flight has ended. */
  #wakeAfter = false;
  #stopped = false;

  /** @param phase the probe's place in time, [0, 1) */
  constructor(context: ProberContext, checker: Checker, timeoutMs: number, phase: number) {
    this.#context = context;
    this.#checker = checker;
    this.#timeoutMs = timeoutMs;
    this.#phase = phase;
    this.#alarm = context.agenda.alarm(() => this.#queue());
  }

  get takers(): number {
    return this.#seats.size;
  }

  get phase(): number {
    return this.#phase;
  }

  /** The pace, ms; Infinity without takers. */
  get paceMs(): number {
    let paceMs = Infinity;
    for (const { taker } of this.#seats.values()) paceMs = Math.min(paceMs, taker.intervalMs);
    return paceMs;
  }

  /** What it waits for, for people. */
  get waitingFor(): WaitingFor {
    return this.#waiting;
  }

  /** Begins to probe, after this time. */
  begin(delayMs: number): void {
    this.#plan(this.#context.clock.nowMs() + delayMs, 0);
  }

  /** Lets one more check take results: the next one, which comes soon, and then as its interval says. */
  join(taker: Taker): void {
    this.#seats.set(taker, { taker, creditMs: 0, urgent: true });
    this.#quicken();
    this.#hurry();
  }

  /** The taker's intervals were edited: it takes the next result, which comes soon. */
  edited(taker: Taker): void {
    const seat = this.#seats.get(taker);
    if (seat !== undefined) seat.urgent = true;
    this.#keepPace();
    this.#hurry();
  }

  /**
   * Something happened that no taker can wait for: all take the next probe, which comes at once. One that is under way was
   * asked before it happened, so another one follows it. Harmless before the first probe, which comes soon.
   */
  wake(): void {
    if (this.#waiting === 'nothing' || this.#beatMs === -Infinity) return;
    if (this.#waiting === 'result') {
      this.#wakeAfter = true;
      return;
    }
    for (const seat of this.#seats.values()) seat.urgent = true;
    if (this.#waiting !== 'time') return;
    const soonMs = Math.max(this.#context.clock.nowMs(), this.#wokenMs + WAKE_GAP_MS);
    if (soonMs >= this.#alarmedMs) return;
    this.#wokenMs = soonMs;
    this.#wait(soonMs);
  }

  leave(taker: Taker): void {
    if (this.#seats.delete(taker) && this.#seats.size > 0) this.#keepPace();
  }

  /** After a standstill: a probe that is overdue finds its place anew, so that not all come at once. */
  respread(): void {
    const { clock } = this.#context;
    const nowMs = clock.nowMs();
    if (this.#waiting !== 'time' || this.#alarmedMs > nowMs) return;
    this.#plan(nowMs + this.#phase * this.paceMs, this.#regular.gapMs);
  }

  /** Ends for good; resolves when no probe is in flight. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarm.cancel();
    this.#context.gate.withdraw(this.#takeOff);
    this.#waiting = 'nothing';
    this.#abort.abort(new Error('check was stopped'));
    await this.#flight;
  }

  #queue(): void {
    this.#waiting = 'turn';
    this.#queuedMs = this.#context.clock.nowMs();
    this.#context.gate.request(this.#takeOff);
  }

  #fly(): void {
    if (this.#abort.signal.aborted) this.#abort = new AbortController();
    this.#waiting = 'result';
    this.#flight = this.#probe();
  }

  async #probe(): Promise<void> {
    const { clock, gate, stalls, observer, nextMoment } = this.#context;
    const began = nextMoment();
    const startMs = clock.nowMs();
    const turnedMs = stalls.turnedMs();
    observer?.began?.(startMs - this.#alarmedMs, startMs - this.#queuedMs);
    const inRhythm = startMs >= this.#regular.dueMs;
    const gapMs = inRhythm ? this.#regular.gapMs + this.#beat(startMs) - this.#regular.dueMs : 0;
    const probe = await timedProbe(this.#checker, this.#timeoutMs, this.#context, this.#abort);
    this.#flight = null;
    gate.release();
    if (this.#stopped) return;
    this.#deliver(probe, { began, ended: nextMoment() }, inRhythm, gapMs);
    const stoodMs = clock.nowMs() - startMs - (stalls.turnedMs() - turnedMs);
    if (inRhythm) this.#plan(this.#nextMs(stoodMs >= STALL_MS), this.paceMs);
    else {
      this.#wait(this.#regular.dueMs);
      this.#quicken();
    }
    if (!this.#wakeAfter) return;
    this.#wakeAfter = false;
    this.wake();
  }

  /** A probe in rhythm begins. */
  #beat(startMs: number): number {
    this.#beatMs = Math.max(this.#regular.dueMs, startMs - LEAST_GAP * this.paceMs);
    return this.#beatMs;
  }

  /** To those whose turn it is. */
  #deliver(probe: TimedResult, moments: ProbeMoments, inRhythm: boolean, gapMs: number): void {
    for (const seat of this.#seats.values()) seat.creditMs += gapMs;
    const isDue = ({ taker, creditMs, urgent }: Seat, paceMs: number): boolean =>
      urgent || (inRhythm && creditMs + paceMs > taker.intervalMs);
    const give = (seat: Seat): void => {
      seat.creditMs = 0;
      seat.urgent = false;
      seat.taker.take(probe, moments);
    };
    if (this.#seats.size === 1) {
      for (const seat of this.#seats.values()) if (isDue(seat, seat.taker.intervalMs)) give(seat);
      return;
    }
    let left = [...this.#seats.values()];
    for (;;) {
      const { paceMs } = this;
      const due = left.filter((seat) => isDue(seat, paceMs));
      if (due.length === 0) return;
      left = left.filter((seat) => !due.includes(seat));
      due.forEach(give);
    }
  }

  /** A pace after the last one; after a standstill the place in time is found anew if that is past. */
  #nextMs(stalled: boolean): number {
    const nowMs = this.#context.clock.nowMs();
    const nextMs = this.#beatMs + this.#jittered();
    if (nextMs >= nowMs) return nextMs;
    return stalled ? nowMs + this.#phase * this.paceMs : nowMs;
  }

  /** Somebody wants a shorter interval than the one that the wait goes by. */
  #quicken(): void {
    if (this.paceMs < this.#regular.paceMs) this.#keepPace();
  }

  /** The pace has changed in the middle of a wait; where its time is past, the probe finds a place of its own soon. */
  #keepPace(): void {
    if (this.#waiting !== 'time' || this.#beatMs === -Infinity) return;
    const nowMs = this.#context.clock.nowMs();
    const regularMs = this.#beatMs + this.#jittered();
    const { paceMs } = this;
    if (regularMs >= nowMs) {
      this.#plan(regularMs, paceMs);
      return;
    }
    const dueMs = nowMs + firstDelayMs(this.#phase, paceMs, 1);
    this.#plan(dueMs, paceMs + dueMs - regularMs);
  }

  /** Brings the next probe forward for who is urgent. */
  #hurry(): void {
    if (this.#waiting !== 'time') return;
    const soonMs = this.#context.clock.nowMs() + firstDelayMs(this.#phase, this.paceMs, 1);
    if (soonMs < this.#alarmedMs) this.#wait(soonMs);
  }

  #plan(dueMs: number, gapMs: number): void {
    this.#regular = { dueMs, gapMs, paceMs: this.paceMs };
    this.#wait(dueMs);
  }

  #wait(untilMs: number): void {
    this.#waiting = 'time';
    this.#alarmedMs = untilMs;
    this.#alarm.set(untilMs);
  }

  /** The pace, shortened at random by up to the jitter of who sets it, so that no rhythm outside beats with it for long. */
  #jittered(): number {
    let paceMs = Infinity;
    let jitter = 0;
    for (const { taker } of this.#seats.values()) {
      if (taker.intervalMs < paceMs) ({ intervalMs: paceMs, jitter } = taker);
      else if (taker.intervalMs === paceMs) jitter = Math.min(jitter, taker.jitter);
    }
    return paceMs * (1 - jitter * this.#context.random());
  }
}
