/**
 * Keeps `lvsd-vrrp` running, configured and told that the director lives. It knows nothing of addresses and roles.
 *
 * ```
 *  start ──► running ──gone──► waiting ──► running ...
 *               └──stop──► leaving ──gone, or the limit──► over
 * ```
 */
import { backoffDelayMs, type BackoffSettings } from '../../base/backoff.js';
import type { Clock, Random, Timer } from '../../base/clock.js';
import {
  HEARTBEAT_MS,
  MessageError,
  parseFromVrrp,
  type Configure,
  type FromVrrp,
  type Heartbeat,
  type InstanceTracks,
  type Order,
} from '../../ha/messages.js';
import type { LaunchVrrp, VrrpChild } from './vrrp-child.js';

export interface VrrpProcessOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly launch: LaunchVrrp;
  /** Whether the own table is programmed; asked for each heartbeat. */
  readonly programmed: () => boolean;
  /** What is wrong with what instances depend on; as above. */
  readonly tracks: () => readonly InstanceTracks[];
  readonly onMessage: (message: FromVrrp) => void;
  /** It has ended unasked. Called before anything else is done about it. */
  readonly onGone: (how: string, againInMs: number) => void;
}

/** The first is soon: until then nobody here takes part in the election. */
const BACKOFF: BackoffSettings = { firstMs: 100, factor: 2, capMs: 10_000, jitter: 0.2 };
/** One that ran so long did not end for the reason of the one before. */
const STEADY_MS = 60_000;
/** The goodbye is a matter of milliseconds; who takes longer does not say it any more. */
export const GOODBYE_WAIT_MS = 2000;

/** So many heartbeats without an answer, which comes every `ROLES_MS`: it hangs, and has addresses that another director may have, too. */
export const SILENT_BEATS = 20;

/** One at a time; starts nothing before `configure`. */
export class VrrpProcess {
  readonly #options: VrrpProcessOptions;
  #configuration: Configure | null = null;
  #child: VrrpChild | null = null;
  #startedAtMs = 0;
  /** Why it was ended from here. */
  #fault: string | null = null;
  /** In a row. */
  #failures = 0;
  #restarts = 0;
  #again: Timer | null = null;
  #heartbeat: Timer | null = null;
  /** Of the last heartbeat. */
  #told = '';
  /** Heartbeats since it said something: beats, and not time, for a director that stood still heard nothing. */
  #unanswered = 0;
  /** Set while it leaves. */
  #onLeft: (() => void) | null = null;

  constructor(options: VrrpProcessOptions) {
    this.#options = options;
  }

  /** null while it does not run. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** How often it was started after it had ended unasked. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Tells it what to do, and starts it first if it does not run. Not to be called after `stop` has been. */
  configure(configuration: Configure): void {
    this.#configuration = configuration;
    if (this.#child !== null) {
      // An instance that is new may depend on something that is bad.
      this.changed();
      this.#child.send(configuration);
    } else if (this.#again === null) this.#launch();
  }

  /** @returns false = it does not run, or leaves */
  order(order: Order): boolean {
    if (this.#child === null || this.#onLeft !== null) return false;
    this.#child.send(order);
    return true;
  }

  /** Table or tracks may have changed: tells at once what the next heartbeat would, if that is not what the last one told. */
  changed(): void {
    if (this.#child !== null && textOf(this.#news()) !== this.#told) this.#beat();
  }

  /**
   * Lets it say goodbye and waits until it has ended; one that does not end by itself is ended.
   *
   * @returns whether it left by itself, so that its addresses are gone; true when it did not run
   */
  async stop(): Promise<boolean> {
    this.#configuration = null;
    this.#again?.cancel();
    this.#again = null;
    this.#heartbeat?.cancel();
    const child = this.#child;
    if (child === null) return true;
    const left = new Promise<void>((resolve) => (this.#onLeft = resolve));
    let killed = false;
    const limit = this.#options.clock.after(
      GOODBYE_WAIT_MS,
      () => {
        killed = true;
        child.kill();
      },
      { ref: true },
    );
    child.send({ kind: 'stop' });
    await left;
    limit.cancel();
    return !killed;
  }

  #beat(): void {
    if (this.#child === null || this.#onLeft !== null) return;
    this.#heartbeat?.cancel();
    const news = this.#news();
    this.#told = textOf(news);
    this.#child.send({ kind: 'heartbeat', ...news });
    this.#heartbeat = this.#options.clock.after(HEARTBEAT_MS, () => {
      this.#endOneThatHangs();
      this.#beat();
    });
  }

  #news(): News {
    return { programmed: this.#options.programmed(), tracks: this.#options.tracks() };
  }

  #endOneThatHangs(): void {
    if (++this.#unanswered < SILENT_BEATS || this.#fault !== null) return;
    this.#fault = `it has said nothing for ${(SILENT_BEATS * HEARTBEAT_MS) / 1000} s`;
    this.#child?.kill();
  }

  #launch(): void {
    this.#again = null;
    this.#fault = null;
    this.#unanswered = 0;
    this.#startedAtMs = this.#options.clock.nowMs();
    const child: VrrpChild = this.#options.launch({
      said: (message) => this.#heard(child, message),
      gone: (how) => this.#gone(how),
    });
    this.#child = child;
    // First: an instance that does not know of the table yet would begin in fault.
    this.#beat();
    if (this.#configuration !== null) child.send(this.#configuration);
  }

  #heard(child: VrrpChild, message: unknown): void {
    if (this.#fault !== null) return;
    this.#unanswered = 0;
    try {
      this.#options.onMessage(parseFromVrrp(message));
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      // Of another version, or out of its mind: what it does with the addresses nobody knows.
      this.#fault = error.message;
      child.kill();
    }
  }

  #gone(how: string): void {
    const { clock, random, onGone } = this.#options;
    this.#child = null;
    this.#heartbeat?.cancel();
    if (this.#onLeft !== null) {
      this.#onLeft();
      this.#onLeft = null;
      return;
    }
    if (clock.nowMs() - this.#startedAtMs >= STEADY_MS) this.#failures = 0;
    const againInMs = backoffDelayMs(++this.#failures, BACKOFF, random);
    onGone(this.#fault ?? how, againInMs);
    this.#again = clock.after(againInMs, () => {
      this.#restarts++;
      this.#launch();
    });
  }
}

type News = Omit<Heartbeat, 'kind'>;

function textOf({ programmed, tracks }: News): string {
  return JSON.stringify([programmed, tracks]);
}
