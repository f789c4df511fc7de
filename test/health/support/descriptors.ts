/** What a probe must not leave behind: sockets, pipes, processes. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { realClock } from '../../../src/base/clock.js';

/** Sockets and pipes that this process has open, by what they are. */
function openEnds(): string[] {
  const ends = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return ends.filter((end) => /^(socket|pipe):/.test(end)).sort();
}

/** The servers of a test are in this process, and hear of the end of a connection a few turns later. */
const LONGEST_MS = 1000;

/** @throws AssertionError when `work` leaves more open than there was before; the servers of a test come before */
export async function leavesNothingOpen<T>(work: () => Promise<T>): Promise<T> {
  const before = new Set(openEnds());
  const result = await work();
  const left = (): string[] => openEnds().filter((end) => !before.has(end));
  const endMs = realClock.nowMs() + LONGEST_MS;
  while (left().length > 0 && realClock.nowMs() < endMs) await setImmediate();
  assert.deepEqual(left(), [], 'descriptors are left');
  return result;
}

/** Processes whose command line holds `mark`; zombies have none. */
export function processesWith(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
      } catch {
        return false;
      }
    });
}
