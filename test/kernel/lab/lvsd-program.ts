/** The program `lvsd` as it is built, on a director of the lab. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { endProcess, lineLike, linesOf } from '../../support/program.js';
import type { Lab, LabDirector } from './lab.js';
import type { CommandEnd } from './namespace.js';

const main = fileURLToPath(new URL('../../../dist/lvsd/main.js', import.meta.url));

/** A configuration file, its own state and control socket, and at most one process at a time. Ends with the lab. */
export class LvsdProgram {
  readonly #director: LabDirector;
  readonly #folder: string;
  #process: ChildProcessByStdio<null, null, Readable> | null = null;
  #lines: AsyncIterator<string> | null = null;

  constructor(lab: Lab, director: LabDirector = lab.director) {
    this.#director = director;
    mkdirSync('/run/lab', { recursive: true });
    this.#folder = mkdtempSync('/run/lab/lvsd-');
    lab.beforeClose(async () => {
      await this.end('SIGKILL');
      rmSync(this.#folder, { recursive: true });
    });
  }

  /** Writes the file; what is not services is the home's own. @param director more keys of its section */
  configure(services: readonly unknown[], director: Readonly<Record<string, unknown>> = {}): void {
    const own = {
      name: this.#director.name,
      dataplane: 'kernel',
      state_dir: join(this.#folder, 'state'),
      admin: { socket: this.socket, listen: 'none' },
    };
    // what is JSON is YAML too
    writeFileSync(this.#file, JSON.stringify({ director: { ...own, ...director }, services }));
  }

  /** Starts it and waits until its table is programmed. */
  async start(): Promise<void> {
    const child = this.#director.namespace.within(() =>
      spawn(process.execPath, [main, 'run', '-c', this.#file], { stdio: ['ignore', 'ignore', 'pipe'] }),
    );
    this.#process = child;
    this.#lines = linesOf(child.stderr);
    await this.logged(/control socket/);
  }

  /** Waits for the next line of the log that is like this. @throws Error when the process ends before */
  async logged(pattern: RegExp): Promise<string> {
    if (this.#lines === null) throw new Error('lvsd does not run');
    return lineLike(this.#lines, pattern);
  }

  /** Ends it by a signal. May be called when it has ended. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#process;
    this.#process = null;
    await endProcess(child, signal);
  }

  /** Runs another command of it with the same file: `lvsd(['reload'])`. */
  command(...words: readonly string[]): Promise<CommandEnd> {
    return this.#director.namespace.run(process.execPath, main, ...words, '-c', this.#file);
  }

  /** Path of its control socket. */
  get socket(): string {
    return join(this.#folder, 'run', 'lvsd.sock');
  }

  get #file(): string {
    return join(this.#folder, 'lvsd.yaml');
  }
}
