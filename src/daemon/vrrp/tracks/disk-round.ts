/**
 * Asks file systems one after the other, never two at once: one that does not answer holds a thread of this process for ever, and
 * must not take them all.
 */
import type { Clock } from '../../../base/clock.js';
import { reasonOf } from '../../../base/errors.js';
import type { DiskReading, HostReader } from './host-reader.js';

/** What came of asking one. */
export type DiskAnswer =
  | { readonly kind: 'reading'; readonly reading: DiskReading }
  /** It has failed, or is silent. */
  | { readonly kind: 'fault'; readonly reason: string }
  /** Another one is silent, and it was not asked. */
  | { readonly kind: 'not-asked'; readonly reason: string };

/** A disk that sleeps needs some seconds. */
const SILENT_MS = 10_000;

export class DiskRound {
  readonly #clock: Clock;
  readonly #read: HostReader['disk'];
  readonly #onAnswer: (path: string, answer: DiskAnswer) => void;
  /** Those of this round that have not answered; the first is being asked. */
  #left: readonly string[] = [];
  #askedAtMs = 0;
  #closed = false;

  constructor(clock: Clock, read: HostReader['disk'], onAnswer: (path: string, answer: DiskAnswer) => void) {
    this.#clock = clock;
    this.#read = read;
    this.#onAnswer = onAnswer;
  }

  /** Begins a round, unless one runs; says of that one what there is to say. */
  ask(paths: readonly string[]): void {
    const [silent] = this.#left;
    if (silent === undefined) {
      this.#left = [...paths];
      void this.#next();
      return;
    }
    const seconds = Math.floor((this.#clock.nowMs() - this.#askedAtMs) / 1000);
    if (seconds * 1000 < SILENT_MS) return;
    for (const path of paths)
      this.#onAnswer(
        path,
        path === silent
          ? { kind: 'fault', reason: `no answer for ${seconds} s` }
          : { kind: 'not-asked', reason: `not asked: the file system of ${silent} does not answer` },
      );
  }

  /** Nothing is said any more. */
  close(): void {
    this.#closed = true;
  }

  async #next(): Promise<void> {
    for (let [path] = this.#left; path !== undefined; [path] = this.#left) {
      this.#askedAtMs = this.#clock.nowMs();
      const answer = await this.#ask(path);
      if (this.#closed) return;
      this.#onAnswer(path, answer);
      this.#left = this.#left.slice(1);
    }
  }

  async #ask(path: string): Promise<DiskAnswer> {
    try {
      return { kind: 'reading', reading: await this.#read(path) };
    } catch (error) {
      return { kind: 'fault', reason: reasonOf(error) };
    }
  }
}
