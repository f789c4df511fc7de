/** The last advertisement of one that leaves: it is worth waiting for, but not for long. */
import type { Clock, Timer } from '../base/clock.js';

/** The queue of an interface that is full empties within a few frames. */
const TRY_AGAIN_MS = 2;
/** Then it is given up: the others notice the silence. */
export const GOODBYE_LIMIT_MS = 50;

/** Sends until it is sent, or the time is over. One an instance. */
export class Goodbye {
  readonly #clock: Clock;
  readonly #send: () => boolean;
  #timer: Timer | null = null;
  #untilMs = 0;
  #over: Promise<void> = Promise.resolve();
  #end: () => void = () => undefined;

  /** @param send true = it is sent, or cannot be; false = the queue is full. Does not throw. */
  constructor(clock: Clock, send: () => boolean) {
    this.#clock = clock;
    this.#send = send;
  }

  /** Sends it at once, if the queue takes it. */
  say(): void {
    this.cancel();
    if (this.#send()) return;
    this.#untilMs = this.#clock.nowMs() + GOODBYE_LIMIT_MS;
    this.#over = new Promise((resolve) => (this.#end = resolve));
    this.#later();
  }

  /** Resolves when nothing is to be sent any more. */
  async over(): Promise<void> {
    await this.#over;
  }

  /** It stays after all. Idempotent. */
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#end();
  }

  #later(): void {
    // Whoever awaits it has nothing else to wait for: the timer keeps the process alive.
    this.#timer = this.#clock.after(TRY_AGAIN_MS, () => this.#again(), { ref: true });
  }

  #again(): void {
    if (this.#clock.nowMs() < this.#untilMs && !this.#send()) this.#later();
    else this.cancel();
  }
}
