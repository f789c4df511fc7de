/**
 * Finds processes by name.
 *
 * While they live, one read a second and name shows it. All processes of the host are gone through only when of some name none
 * is left, in slices, so that nothing else waits, and for a tenth of the time at most, however many there are.
 */
import type { Clock, Timer } from '../../../base/clock.js';
import { reasonOf } from '../../../base/errors.js';
import { hasName, parseStat, programOf } from './process-names.js';
import type { ProcessTable } from './process-table.js';
import type { Sight } from './track-book.js';

export interface ProcessTracksOptions {
  readonly clock: Clock;
  readonly table: ProcessTable;
  /** Hears of each name with each look. */
  readonly onSight: (name: string, sight: Sight) => void;
}

/** Processes that are read between two turns of the loop: some milliseconds. */
const SLICE = 200;
/** Of the time, for going through all processes. */
const MOST_SHARE = 0.1;

/** By pid: when it was started. */
type Found = Map<number, string>;

/** What one was last time: its first argument is read once. */
interface Known {
  readonly started: string;
  readonly name: string;
  readonly program: string;
}

export class ProcessTracks {
  readonly #options: ProcessTracksOptions;
  #wanted = new Map<string, Found>();
  #known = new Map<number, Known>();
  #slice: Timer | null = null;
  #notBeforeMs = -Infinity;

  constructor(options: ProcessTracksOptions) {
    this.#options = options;
  }

  /** Looks for these from now on. */
  follow(names: readonly string[]): void {
    const before = this.#wanted;
    this.#wanted = new Map(names.map((name) => [name, before.get(name) ?? new Map<number, string>()]));
    if (names.length === 0) this.close();
    else if (names.some((name) => !before.has(name))) {
      // Those that are new are in no search that runs.
      this.close();
      this.look();
    }
  }

  /** To be called every second. */
  look(): void {
    this.#try(() => {
      let isMissing = false;
      for (const [name, found] of this.#wanted) {
        const pid = this.#living(name, found);
        if (pid === null) isMissing = true;
        else this.#options.onSight(name, { state: 'good', reason: `pid ${pid}` });
      }
      if (isMissing && this.#slice === null && this.#options.clock.nowMs() >= this.#notBeforeMs)
        this.#search();
    });
  }

  /** Ends a search. Idempotent. */
  close(): void {
    this.#slice?.cancel();
    this.#slice = null;
  }

  /** One that was found and is what it was; the others are forgotten up to it. */
  #living(name: string, found: Found): number | null {
    for (const [pid, started] of found) {
      const stat = this.#stat(pid);
      if (stat?.started === started && this.#is(name, pid, stat)) return pid;
      found.delete(pid);
    }
    return null;
  }

  #stat(pid: number) {
    const text = this.#options.table.stat(pid);
    const stat = text === null ? null : parseStat(text);
    return stat?.isAlive === true ? stat : null;
  }

  #is(wanted: string, pid: number, { name, started }: { readonly name: string; readonly started: string }) {
    return hasName(wanted, name, this.#programOf(pid, name, started));
  }

  #programOf(pid: number, name: string, started: string): string {
    const known = this.#known.get(pid);
    if (known?.started === started && known.name === name) return known.program;
    const program = programOf(this.#options.table.cmdline(pid) ?? '');
    this.#known.set(pid, { started, name, program });
    return program;
  }

  #search(): void {
    const { clock, table } = this.#options;
    const startMs = clock.nowMs();
    const pids = table.pids();
    this.#forgetAllBut(pids);
    this.#searchFrom(pids, 0, clock.nowMs() - startMs);
  }

  #searchFrom(pids: readonly number[], first: number, spentMs: number): void {
    const { clock } = this.#options;
    const startMs = clock.nowMs();
    for (const pid of pids.slice(first, first + SLICE)) this.#examine(pid);
    const allMs = spentMs + clock.nowMs() - startMs;
    const next = first + SLICE;
    if (next < pids.length) {
      this.#slice = clock.after(0, () => this.#try(() => this.#searchFrom(pids, next, allMs)));
      return;
    }
    this.#slice = null;
    this.#notBeforeMs = clock.nowMs() + allMs * (1 / MOST_SHARE - 1);
    this.#tell();
  }

  #examine(pid: number): void {
    const stat = this.#stat(pid);
    if (stat === null) return;
    for (const [name, found] of this.#wanted) if (this.#is(name, pid, stat)) found.set(pid, stat.started);
  }

  #tell(): void {
    const { table, onSight } = this.#options;
    const none: Sight =
      table.stat(1) === null
        ? { state: 'unknown', reason: 'processes of others are hidden from lvsd: see hidepid in proc(5)' }
        : { state: 'bad', reason: 'no process has that name' };
    for (const [name, found] of this.#wanted) {
      const [pid] = found.keys();
      onSight(name, pid === undefined ? none : { state: 'good', reason: `pid ${pid}` });
    }
  }

  /** Who cannot read has no news of anybody. */
  #try(read: () => void): void {
    try {
      read();
    } catch (error) {
      this.close();
      const reason = `read /proc: ${reasonOf(error)}`;
      for (const name of this.#wanted.keys()) this.#options.onSight(name, { state: 'unknown', reason });
    }
  }

  #forgetAllBut(pids: readonly number[]): void {
    const before = this.#known;
    this.#known = new Map();
    for (const pid of pids) {
      const known = before.get(pid);
      if (known !== undefined) this.#known.set(pid, known);
    }
  }
}
