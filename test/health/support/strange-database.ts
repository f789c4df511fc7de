/** Databases whose answers are spoiled, and what probes of them must keep to. */
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { realClock } from '../../../src/base/clock.js';
import type { Checker } from '../../../src/health/types.js';
import type { SeededRandom } from '../../support/random.js';
import { leavesNothingOpen } from './descriptors.js';
import { probe } from './loopback.js';

const NUMBERS = [-1, 0, 1, 5, -5, 0x7fffffff, -0x80000000, 0xffff, 0x1000000];

/** Bytes of one answer, of which some are others, missing, or there twice; most stay as they are. */
export function spoiled(answer: Buffer, random: SeededRandom): Buffer {
  if (answer.length < 4 || random.chance(0.7)) return answer;
  const bytes = Buffer.from(answer);
  const at = random.int(0, bytes.length - 4);
  switch (random.int(0, 4)) {
    case 0:
      for (let change = random.int(1, 4); change > 0; change--)
        bytes[random.int(0, bytes.length - 1)] = random.int(0, 255);
      return bytes;
    case 1:
      bytes.writeInt32LE(random.pick(NUMBERS), at);
      return bytes;
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at - random.int(0, at))]);
    default:
      return Buffer.concat([bytes, bytes]);
  }
}

export interface Ordeal {
  readonly probes: number;
  readonly timeoutMs: number;
}

const AT_ONCE = 10;
/** So long this process may wait for something beyond the timeout: a machine with other work makes it late, but idle it is not then. */
const GRACE_MS = 1000;
/** No machine is as slow as this; what is at work for so long, the server has set to it. */
const LONGEST_MS = 20_000;

/**
 * Whatever its server says, a probe ends in time with words, and leaves nothing behind.
 *
 * @returns the reasons, and `up`, in the order of the probes
 */
export async function endure(checker: Checker, { probes, timeoutMs }: Ordeal): Promise<readonly string[]> {
  const faults: string[] = [];
  const onFault = (thrown: unknown): void =>
    void faults.push(thrown instanceof Error ? String(thrown.stack) : String(thrown));
  const words: string[] = [];
  const one = async (): Promise<void> => {
    const beganMs = realClock.nowMs();
    const before = performance.eventLoopUtilization();
    const result = await probe(checker, timeoutMs);
    const tookMs = realClock.nowMs() - beganMs;
    const idleMs = performance.eventLoopUtilization(before).idle;
    const said = result.ok === true ? 'up' : result.reason;
    assert.ok(idleMs <= timeoutMs + GRACE_MS, `${idleMs} ms: ${said}`);
    assert.ok(tookMs <= LONGEST_MS, `${tookMs} ms: ${said}`);
    assert.match(said, /^[ -~]+$/);
    assert.notEqual(result.ok, null, said);
    words.push(said);
  };
  // The client is loaded, and what it keeps for ever is there.
  await one();
  const before = left();
  const printed = await withSilentErrors(async () => {
    process.on('unhandledRejection', onFault).on('uncaughtException', onFault);
    try {
      await leavesNothingOpen(async () => {
        let begun = 0;
        // One that waits in vain holds up none of the others.
        const several = async (): Promise<void> => {
          while (begun++ < probes) await one();
        };
        await Promise.all(Array.from({ length: AT_ONCE }, several));
      });
      await setImmediate();
    } finally {
      process.off('unhandledRejection', onFault).off('uncaughtException', onFault);
    }
  });
  assert.deepEqual(faults, []);
  assert.equal(printed, '');
  const after = left();
  assert.ok(after.timers <= before.timers, `${after.timers} timers, ${before.timers} before`);
  assert.deepEqual(after.listeners, before.listeners);
  return words;
}

/** What a library says past everybody: to standard error and standard output. */
async function withSilentErrors(work: () => Promise<void>): Promise<string> {
  let printed = '';
  const { error, warn, log, trace } = console;
  const caught = (...rest: unknown[]): void => void (printed += `${rest.map(String).join(' ')}\n`);
  Object.assign(console, { error: caught, warn: caught, log: caught, trace: caught });
  try {
    await work();
  } finally {
    Object.assign(console, { error, warn, log, trace });
  }
  return printed;
}

function left(): { readonly timers: number; readonly listeners: Readonly<Record<string, number>> } {
  const names = process.eventNames().map(String);
  return {
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
    listeners: Object.fromEntries(names.map((name) => [name, process.listenerCount(name)])),
  };
}
