/**
 * Keeps one file of state_dir up to date: at most one write at a time, and always of the newest state.
 *
 *   touch() ──gap──► write ──ok──► idle
 *   save() ─────────►  │ ▲
 *                 failed │ back-off, at most 30 s
 *                      └─┘
 */
import { join } from 'node:path';
import { backoffDelayMs } from '../../base/backoff.js';
import type { Clock, Timer } from '../../base/clock.js';
import { reasonOf } from '../../base/errors.js';
import { systemFiles, writeFileAtomically, type FileSystem } from './atomic-file.js';
import { encodeState, type StateFormat } from './state-file.js';

export interface StateWriterOptions<Content> {
  readonly stateDir: string;
  readonly format: StateFormat<Content>;
  /** The state at this moment; asked for when a write begins. */
  readonly content: () => Content;
  readonly clock: Clock;
  /** Least time between the begins of two writes that nobody waits for, ms. Default 0. */
  readonly gapMs?: number;
  /** Hears in one line that writing fails, once for each reason, and null when it succeeds again. */
  readonly onTrouble?: (trouble: string | null) => void;
  /** Default: the machine's. */
  readonly files?: FileSystem;
}

const RETRY = { firstMs: 1_000, factor: 2, capMs: 30_000, jitter: 0 };
const noJitter = (): number => 0;

/** A state that cannot be written is a warning, never the end of a director: it is tried again until it succeeds. */
export class StateWriter<Content> {
  readonly path: string;
  readonly #options: StateWriterOptions<Content>;
  readonly #gapMs: number;
  /** Something changed since the last write began. */
  #dirty = false;
  #timer: { readonly atMs: number; readonly timer: Timer } | null = null;
  #lastBeginMs = -Infinity;
  #failures = 0;
  #trouble: string | null = null;
  #current: Promise<string | null> | null = null;
  #next: Promise<string | null> | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: StateWriterOptions<Content>) {
    this.#options = options;
    this.#gapMs = options.gapMs ?? 0;
    this.path = join(options.stateDir, options.format.fileName);
  }

  /** Why the file is not what it ought to be, in one line; null when it is. For status and `/readyz`. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /**
   * The state changed: it is written within `withinMs`, or as soon as the gap allows. Calls until then share a write.
   *
   * Does nothing after `close`.
   */
  touch(withinMs = 0): void {
    if (this.#closing !== null) return;
    this.#dirty = true;
    // After a failure the retry's own time holds: a full disk is not asked at every change.
    if (this.#failures === 0) this.#arm(withinMs);
  }

  /**
   * Writes the state as it is now, or newer.
   *
   * @returns null once it outlives a loss of power; else why it does not, in one line. Never rejects. A state that
   *   failed is written later all the same.
   */
  save(): Promise<string | null> {
    if (this.#closing !== null) return Promise.resolve(`write ${this.path}: lvsd is stopping`);
    return this.#save();
  }

  /** Writes what is not written yet, once, and ends. Idempotent and awaited; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#disarm();
    await (this.#next ?? this.#current);
    if (this.#dirty) await this.#save();
    this.#disarm();
  }

  #save(): Promise<string | null> {
    this.#dirty = true;
    // Whoever comes while a write is under way may have changed what it has already taken: that needs one more.
    this.#next ??= (this.#current ?? Promise.resolve(null)).then(() => this.#begin());
    return this.#next;
  }

  #begin(): Promise<string | null> {
    this.#disarm();
    this.#next = null;
    this.#dirty = false;
    this.#lastBeginMs = this.#options.clock.nowMs();
    this.#current = this.#write().then((trouble) => this.#finished(trouble));
    return this.#current;
  }

  async #write(): Promise<string | null> {
    const { format, content, clock, files = systemFiles } = this.#options;
    try {
      await writeFileAtomically(this.path, await encodeState(format, content(), clock), files);
      return null;
    } catch (error) {
      return `write ${this.path}: ${reasonOf(error)}`;
    }
  }

  #finished(trouble: string | null): string | null {
    this.#current = null;
    this.#failures = trouble === null ? 0 : this.#failures + 1;
    if (trouble !== null) this.#dirty = true;
    this.#tell(trouble);
    // While closing there is no later.
    if (this.#closing === null && this.#dirty && this.#next === null)
      this.#arm(trouble === null ? 0 : backoffDelayMs(this.#failures, RETRY, noJitter));
    return trouble;
  }

  #tell(trouble: string | null): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#options.onTrouble?.(trouble);
  }

  #arm(delayMs: number): void {
    if (this.#next !== null || this.#current !== null) return;
    const { clock } = this.#options;
    const atMs = Math.max(clock.nowMs() + delayMs, this.#lastBeginMs + this.#gapMs);
    if (this.#timer !== null && this.#timer.atMs <= atMs) return;
    this.#disarm();
    this.#timer = { atMs, timer: clock.after(atMs - clock.nowMs(), () => void this.#save()) };
  }

  #disarm(): void {
    this.#timer?.timer.cancel();
    this.#timer = null;
  }
}
