/**
 * Tells the programs of one instance or group what it has become: one program at a time, in order, and in the end always the
 * last state. A state that is over before its turn comes is not told.
 *
 * ```
 *  tell ──► waiting (the newest alone) ──► the state's own program ──► `any` ──► waiting ...
 * ```
 */
import type { Clock } from '../../base/clock.js';
import { formatDuration } from '../../base/duration.js';
import { HOOK_STATE_WORDS, type HookState, type RoleHooks } from '../../model/ha-hooks.js';
import type { SendResult } from '../../notices/sender.js';

/** Runs one program; `environment` is all that it gets beside its words. Does not throw. */
export type RunHook = (
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<SendResult>;

export interface RoleHookOptions {
  readonly clock: Clock;
  readonly run: RunHook;
  /** Hears of each program that failed. */
  readonly onFailure: (message: string) => void;
}

/** A program that is killed ends within this, if it can. */
export const KILL_MS = 500;

/** What it has become. */
export interface HookNews {
  readonly state: HookState;
  /** 0..255; of a group 0, as keepalived has it. */
  readonly priority: number;
  /** Why, for people. */
  readonly reason: string;
}

export class RoleHook {
  readonly #options: RoleHookOptions;
  #settings: RoleHooks;
  #waiting: HookNews | null = null;
  #last: HookState | null = null;
  #running: Promise<void> | null = null;
  /** Ends the program that runs. */
  #stopProgram: ((reason: Error) => void) | null = null;
  /** Half of the last time is gone. */
  #hurries = false;
  /** There is no time left. */
  #over: Error | null = null;

  constructor(settings: RoleHooks, options: RoleHookOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  /** The last state that it was told; null before the first. */
  get last(): HookState | null {
    return this.#last;
  }

  /** Other programs, from the next state on. */
  follow(settings: RoleHooks): void {
    this.#settings = settings;
  }

  /** Takes a state, which replaces one that still waits. Never blocks, never throws. */
  tell(news: HookNews): void {
    if (this.#over !== null) return;
    this.#waiting = news;
    this.#last = news.state;
    this.#running ??= this.#work();
  }

  /**
   * Resolves when what it was told is told. Programs of an earlier state have half the time together, so that the last one has its
   * own.
   *
   * @param limitMs for all of it; and `KILL_MS` for the end of a program that is killed then
   */
  async close(limitMs: number): Promise<void> {
    const { clock } = this.#options;
    const hurry = clock.after(limitMs / 2, () => {
      this.#hurries = true;
      if (this.#waiting !== null) this.#stopProgram?.(endOfTime());
    });
    let endNow = (): void => undefined;
    const timeIsOver = new Promise<void>((resolve) => (endNow = resolve));
    const end = clock.after(limitMs, () => {
      this.#over = endOfTime();
      this.#stopProgram?.(this.#over);
    });
    // A program that the kernel does not end, for it waits for a disk, holds up nobody.
    const leave = clock.after(limitMs + KILL_MS, () => endNow());
    await Promise.race([this.#running, timeIsOver]);
    hurry.cancel();
    end.cancel();
    leave.cancel();
    this.#over = endOfTime();
    const { kind, name } = this.#settings;
    const lost = this.#waiting?.state;
    if (lost !== undefined) this.#options.onFailure(`tell ${kind} ${name} ${lost}: ${this.#over.message}`);
  }

  async #work(): Promise<void> {
    // Whoever tells goes on first: states of one moment are one.
    await Promise.resolve();
    for (let news = this.#take(); news !== null; news = this.#take()) {
      const { commands } = this.#settings;
      const own = commands[news.state];
      if (own !== undefined) await this.#run(own, news);
      if (commands.any !== undefined) await this.#run([...commands.any, ...this.#words(news)], news);
    }
    // In the same turn as the look at what waits, so that nothing can have come in between.
    this.#running = null;
  }

  #take(): HookNews | null {
    const news = this.#waiting;
    this.#waiting = null;
    return this.#over === null ? news : null;
  }

  /** As keepalived's `notify` gets them, after its own. */
  #words({ state, priority }: HookNews): readonly string[] {
    const { kind, name } = this.#settings;
    return [kind.toUpperCase(), name, HOOK_STATE_WORDS[state], String(priority)];
  }

  async #run(words: readonly string[], news: HookNews): Promise<void> {
    if (this.#over !== null || (this.#hurries && this.#waiting !== null)) return;
    const { clock, run, onFailure } = this.#options;
    const { kind, name, timeoutMs } = this.#settings;
    const limit = new AbortController();
    const timer = clock.after(timeoutMs, () =>
      limit.abort(new Error(`no end within ${formatDuration(timeoutMs)}`)),
    );
    this.#stopProgram = (reason) => limit.abort(reason);
    const result = await run(words, environmentOf(kind, name, news), limit.signal);
    timer.cancel();
    this.#stopProgram = null;
    if (!result.ok) onFailure(`tell ${kind} ${name} ${news.state}: ${result.reason}`);
  }
}

function environmentOf(kind: RoleHooks['kind'], name: string, news: HookNews): Record<string, string> {
  return {
    [kind === 'group' ? 'LVSD_GROUP' : 'LVSD_INSTANCE']: name,
    LVSD_ROLE: news.state,
    LVSD_PRIORITY: String(news.priority),
    LVSD_MESSAGE: news.reason,
  };
}

function endOfTime(): Error {
  return new Error('the director does not wait any longer');
}
