/** How late this machine is by itself: what a process that does nothing else but wait sees. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { lineLike, linesOf } from './program.js';

const TICK_MS = 5;

/** Says the most that it was late since the last question, at each line that comes. */
const script = `
let [most, last] = [0, performance.now()];
setInterval(() => {
  const now = performance.now();
  most = Math.max(most, now - last - ${TICK_MS});
  last = now;
}, ${TICK_MS});
process.stdin.on('data', () => {
  process.stdout.write('late ' + most + '\\n');
  most = 0;
});
process.stdin.on('end', () => process.exit());
process.stdout.write('ready\\n');`;

/** Watches from `start` to `close`. */
export class MachineDelay {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: ReturnType<typeof linesOf>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#lines = linesOf(child.stdout);
  }

  /** @param under a program that runs it: `chrt -r 50` for what no other program makes late */
  static async start(under: readonly string[] = []): Promise<MachineDelay> {
    const words = [...under, process.execPath, '-e', script];
    const program = words.shift() ?? process.execPath;
    const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    const delay = new MachineDelay(child);
    await lineLike(delay.#lines, /^ready$/);
    return delay;
  }

  /** The most that it was late since the last call, ms. */
  async take(): Promise<number> {
    this.#child.stdin.write('\n');
    const line = await lineLike(this.#lines, /^late /);
    return Number(line.replace('late ', ''));
  }

  async close(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.stdin.end();
    await closed;
  }
}
