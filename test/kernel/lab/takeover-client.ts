/** A client, a process of its own, that opens a connection to an address every 10 ms and notes who answered when. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Namespace } from './namespace.js';

const EVERY_MS = 10;

export interface TakeoverAnswer {
  /** When it came, as `performance.now()` of this process has it. */
  readonly atMs: number;
  readonly from: string;
}

/** A line of its input is the address that is asked from then on. Monotonic time is the same in every process. */
const script = `
const net = require('node:net');
const port = Number(process.argv[1]);
let address = null;
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
let last = nowMs();
require('node:readline').createInterface({ input: process.stdin })
  .on('line', (line) => (address = line === '' ? null : line))
  .on('close', () => process.exit());
setInterval(() => {
  const late = nowMs() - last - ${EVERY_MS};
  last += late + ${EVERY_MS};
  if (late > 5) process.stdout.write('late ' + last + ' ' + late + '\\n');
  if (address === null) return;
  const socket = net.connect({ host: address, port });
  socket.setTimeout(1000, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.once('data', (data) => {
    process.stdout.write('answer ' + nowMs() + ' ' + data.toString().split(' ')[0] + '\\n');
    socket.resetAndDestroy();
  });
}, ${EVERY_MS});`;

/** Watches one address at a time. */
export class TakeoverClient {
  answers: TakeoverAnswer[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #offsetMs = performance.now() - Number(process.hrtime.bigint()) / 1e6;
  #lateMs = 0;

  constructor(host: Namespace, port: number) {
    this.#child = host.within(() =>
      spawn(process.execPath, ['-e', script, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const [word, at, what = ''] = line.split(' ');
      if (word === 'late') this.#lateMs = Math.max(this.#lateMs, Number(what));
      else this.answers.push({ atMs: Number(at) + this.#offsetMs, from: what });
    });
  }

  /** Asks this address from now on; what was noted is forgotten. */
  watch(address: string | null): void {
    this.answers = [];
    this.#child.stdin.write(`${address ?? ''}\n`);
  }

  /** The most that it was late by itself since the last call. */
  takeLate(): number {
    const late = this.#lateMs;
    this.#lateMs = 0;
    return late;
  }

  /** The longest time without an answer from the last one before `sinceMs` on. */
  longestGapMs(sinceMs: number): number {
    const first = Math.max(
      0,
      this.answers.findLastIndex(({ atMs }) => atMs <= sinceMs),
    );
    const moments = this.answers.slice(first).map(({ atMs }) => atMs);
    return Math.max(0, ...moments.slice(1).map((atMs, index) => atMs - (moments[index] ?? atMs)));
  }

  async close(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.stdin.end();
    await closed;
  }
}
