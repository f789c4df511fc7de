/** What no client of a database may do to the director, whatever its server does. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { realClock } from '../../../src/base/clock.js';
import type { Checker, ProbeResult } from '../../../src/health/types.js';
import type { SeededRandom } from '../../support/random.js';
import { leavesNothingOpen } from './descriptors.js';
import { listen, probe, withServer } from './loopback.js';

/** What a probe of such a server ends with, alone or with more of its kind; nothing is left of it. */
export async function resultOf(
  serve: (socket: Socket) => void,
  checkerOf: (port: number) => Checker,
  timeoutMs = 5000,
): Promise<ProbeResult> {
  const server = await listen(serve);
  try {
    const result = await leavesNothingOpen(() => probe(checkerOf(server.port), timeoutMs));
    await server.idle();
    return result;
  } finally {
    await server.close();
  }
}

/** Probes that are aborted at any moment settle at once, and leave no descriptor, timer or handle. */
export async function abortsAnywhere(
  serve: (socket: Socket) => void,
  checkerOf: (port: number) => Checker,
  random: SeededRandom,
  { probes, longestMs }: { readonly probes: number; readonly longestMs: number },
): Promise<void> {
  await withServer(serve, async ({ port, idle }) => {
    const before = handles();
    const ended = { aborted: 0, answered: 0 };
    await leavesNothingOpen(async () => {
      for (let number = 0; number < probes; number++) {
        const abort = new AbortController();
        const timer = realClock.after(random.int(0, longestMs * 1000) / 1000, () => {
          abort.abort(new Error('cut short'));
        });
        const settled = checkerOf(port).probe(abort.signal);
        const result = await settled;
        timer.cancel();
        if (result.ok === true) ended.answered++;
        else {
          ended.aborted++;
          assert.match(result.reason, /: cut short(, the answers began with .*)?$/);
        }
      }
      await idle();
    });
    assert.ok(ended.aborted > probes / 10, JSON.stringify(ended));
    await setImmediate();
    assert.deepEqual(added(before, handles()), []);
  });
}

const AT_ONCE = 20;

/** Whatever bytes come: a result, and nothing thrown where nobody catches. */
export async function survivesStrangeBytes(
  samples: readonly Buffer[],
  checkerOf: (port: number) => Checker,
  random: SeededRandom,
  probes: number,
): Promise<void> {
  const serve = (socket: Socket): void => {
    const sample = mutated(random.pick(samples), random);
    socket.on('data', () => void socket.write(sample));
    const impatient = realClock.after(20, () => socket.end());
    socket.on('close', () => impatient.cancel());
  };
  await withServer(serve, async ({ port }) => {
    await leavesNothingOpen(async () => {
      for (let begun = 0; begun < probes; begun += AT_ONCE) {
        const results = await Promise.all(Array.from({ length: AT_ONCE }, () => probe(checkerOf(port))));
        for (const result of results)
          if (result.ok !== true) assert.doesNotMatch(result.reason, /timeout|[^ -~]/);
      }
    });
  });
}

function mutated(sample: Buffer, random: SeededRandom): Buffer {
  const bytes = Buffer.from(sample);
  for (let change = random.int(0, 4); change > 0 && bytes.length > 0; change--)
    bytes[random.int(0, bytes.length - 1)] = random.int(0, 255);
  return random.chance(0.3) ? bytes.subarray(0, random.int(0, bytes.length)) : bytes;
}

/** Closed servers of earlier tests may go meanwhile. */
function added(before: readonly string[], now: readonly string[]): readonly string[] {
  const rest = [...before];
  return now.filter((name) => {
    const at = rest.indexOf(name);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

/** What a client could leave that keeps the process alive. */
function handles(): readonly string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|TLS|Timeout|Addr/.test(name))
    .sort();
}
