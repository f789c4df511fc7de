/** Many alarms over one timer of the clock: ten thousand servers would else set and clear ten thousand timers a second. */
import type { Clock, Timer } from '../base/clock.js';

/** Alarms run for so long in one go, ms; then the loop turns. */
const TURN_MS = 5;

/** One appointment that can be set again and again. */
export interface Alarm {
  /** Due at this time of the clock (`nowMs`), whatever it was set to before. */
  set(dueMs: number): void;
  /** Due no more. Harmless when it was not. */
  cancel(): void;
  /** When it is due; null when it is not set. */
  readonly dueMs: number | null;
}

/** Runs alarms in the order in which they are due; those of one moment in the order in which they were set. */
export class Agenda {
  readonly #clock: Clock;
  readonly #beforeRun: () => void;
  /** A binary heap: no entry is due before the one at half its place. */
  readonly #heap: Entry[] = [];
  #order = 0;
  #timer: Timer | null = null;
  #timerDueMs = Infinity;
  #running = false;

  /** @param beforeRun called before each run of what is due; may set and cancel alarms */
  constructor(clock: Clock, beforeRun: () => void = () => undefined) {
    this.#clock = clock;
    this.#beforeRun = beforeRun;
  }

  /** An alarm that is not set yet. */
  alarm(callback: () => void): Alarm {
    return new Entry(this.#place, callback);
  }

  /** Entries that are set. */
  get size(): number {
    return this.#heap.length;
  }

  readonly #place: Place = {
    put: (entry: Entry, dueMs: number): void => {
      this.#take(entry);
      entry.due = dueMs;
      entry.order = this.#order++;
      this.#heap.push(entry);
      this.#rise(this.#heap.length - 1, entry);
      this.#arm();
    },
    take: (entry: Entry): void => {
      if (this.#take(entry)) this.#arm();
    },
  };

  #take(entry: Entry): boolean {
    const { index } = entry;
    if (index < 0) return false;
    const last = this.#heap.pop();
    entry.index = -1;
    if (last !== undefined && last !== entry) {
      this.#sink(index, last);
      this.#rise(last.index, last);
    }
    return true;
  }

  #rise(from: number, entry: Entry): void {
    const heap = this.#heap;
    let index = from;
    while (index > 0) {
      const above = heap[(index - 1) >> 1];
      if (above === undefined || !isBefore(entry, above)) break;
      heap[index] = above;
      above.index = index;
      index = (index - 1) >> 1;
    }
    heap[index] = entry;
    entry.index = index;
  }

  #sink(from: number, entry: Entry): void {
    const heap = this.#heap;
    let index = from;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const below = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (below === undefined || !isBefore(below, entry)) break;
      const place = below.index;
      heap[index] = below;
      below.index = index;
      index = place;
    }
    heap[index] = entry;
    entry.index = index;
  }

  #arm(): void {
    if (this.#running) return;
    const dueMs = this.#heap[0]?.due ?? Infinity;
    // An earlier timer that finds nothing due sets itself anew; that is cheaper than to clear it for each change.
    if (dueMs >= this.#timerDueMs && this.#timer !== null && dueMs !== Infinity) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerDueMs = dueMs;
    if (dueMs !== Infinity)
      this.#timer = this.#clock.after(Math.max(0, dueMs - this.#clock.nowMs()), this.#run);
  }

  readonly #run = (): void => {
    this.#timer = null;
    this.#timerDueMs = Infinity;
    this.#running = true;
    try {
      this.#beforeRun();
      this.#runDue();
    } finally {
      this.#running = false;
      this.#arm();
    }
  };

  #runDue(): void {
    const startedMs = this.#clock.nowMs();
    for (;;) {
      const nowMs = this.#clock.nowMs();
      const [next] = this.#heap;
      if (next === undefined || next.due > nowMs || nowMs - startedMs > TURN_MS) return;
      this.#take(next);
      next.callback();
    }
  }
}

interface Place {
  put(entry: Entry, dueMs: number): void;
  take(entry: Entry): void;
}

class Entry implements Alarm {
  readonly #place: Place;
  readonly callback: () => void;
  due = 0;
  order = 0;
  /** Place in the heap, -1 outside. */
  index = -1;

  constructor(place: Place, callback: () => void) {
    this.#place = place;
    this.callback = callback;
  }

  get dueMs(): number | null {
    return this.index < 0 ? null : this.due;
  }

  set(dueMs: number): void {
    this.#place.put(this, dueMs);
  }

  cancel(): void {
    this.#place.take(this);
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
