/** Server programs of the machine that are ended and started in the middle of a test. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';

const PATIENCE_MS = 30_000;

/** One process in the foreground, with whatever it starts. */
export class RunningProgram {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exited: Promise<unknown>;
  #output = '';

  constructor([file = '', ...words]: readonly string[]) {
    this.#child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#exited = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
  }

  /** Waits for it to say so. @throws AssertionError with all it said, when it ends before */
  async says(pattern: RegExp): Promise<void> {
    await waitFor(
      () => this.#child.exitCode !== null || this.#child.signalCode !== null || pattern.test(this.#output),
      () => this.#output,
    );
    assert.match(this.#output, pattern);
  }

  /** Ends all of it at once; may be called when it has ended. */
  async kill(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
    await this.#exited;
  }
}

/** Runs a command to its end. @returns what it printed */
export function runToEnd([file = '', ...words]: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(file, words, { encoding: 'utf8' });
  assert.equal(status, 0, `${file} ${words.join(' ')}: ${stdout}${stderr}${String(error ?? '')}`);
  return stdout;
}

/** Looks every few milliseconds. @param told what the failure says */
export async function waitFor(
  isSo: () => boolean | Promise<boolean>,
  told: () => string,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!(await isSo())) {
    assert.ok(performance.now() < end, `not within ${patienceMs} ms: ${told()}`);
    await setTimeout(10);
  }
}
