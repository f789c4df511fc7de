/** rr and wrr: a cursor walks the list. */
import { usable } from './load.js';
import type { Algorithm, Destination } from './model.js';

/** rr: after the cursor, once round, the cursor's own destination last. */
export function roundRobin(list: readonly Destination[]): Algorithm {
  let cursor: Destination | null = null;
  return {
    deleted(destination, index) {
      if (destination === cursor) cursor = list[index - 1] ?? null;
    },
    schedule() {
      const start = cursor === null ? 0 : list.indexOf(cursor) + 1;
      const order = [...list.slice(start), ...list.slice(0, start)];
      const chosen = order.find(usable) ?? null;
      if (chosen !== null) cursor = chosen;
      return chosen;
    },
  };
}

/** wrr: passes over the list with a falling weight bar. Services start empty, so history sets the bar. */
export function weightedRoundRobin(list: readonly Destination[]): Algorithm {
  let cursor: Destination | null = null;
  let divisor = commonDivisor(list.map((destination) => destination.weight));
  let highest = highestBar();
  let bar = highest;

  function highestBar(): number {
    const maximum = Math.max(0, ...list.map((destination) => destination.weight));
    return maximum === 0 ? 0 : maximum - (divisor - 1);
  }

  function reset(): void {
    cursor = null;
    divisor = commonDivisor(list.map((destination) => destination.weight));
    highest = highestBar();
    if (bar > highest || bar === 0) bar = highest;
    else if (divisor > 1) bar = Math.floor(bar / divisor) * divisor + 1;
  }

  function schedule(): Destination | null {
    if (highest === 0) return null;
    const last = cursor;
    let stop: Destination | null = null;
    let lastPass = false;
    let restarted = false;
    let position = cursor === null ? 0 : list.indexOf(cursor) + 1;
    for (;;) {
      for (const destination of list.slice(position)) {
        if (!destination.overload && destination.weight >= bar) {
          cursor = destination;
          return destination;
        }
        if (destination === stop) {
          cursor = destination;
          return null;
        }
      }
      bar -= divisor;
      if (bar <= 0) {
        bar = highest;
        if (lastPass || last === null) {
          cursor = null;
          return null;
        }
        restarted = true;
      }
      lastPass = bar <= divisor;
      if (lastPass && restarted && last !== null) stop = last;
      position = 0;
    }
  }

  return { added: reset, updated: reset, deleted: reset, schedule };
}

/** The greatest number that divides every positive weight; 1 if there is none. */
export function commonDivisor(weights: readonly number[]): number {
  const positive = weights.filter((weight) => weight > 0);
  return positive.length === 0 ? 1 : positive.reduce(greatestCommonDivisor);
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}
