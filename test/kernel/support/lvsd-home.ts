/** The program `lvsd` in the namespace of who starts it: its file, its state_dir, its log, its end. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { ApiClient } from '../../../src/api/client.js';
import { realClock } from '../../../src/base/clock.js';

/** Made beside the script of the tests (bed/bundle.ts). */
const main = join(dirname(process.argv[1] ?? ''), 'lvsd.mjs');

/** A start, or a line of the log, that takes longer does not come any more. In qemu all takes many times as long. */
const PATIENCE_MS = process.env['QEMU'] === '1' ? 180_000 : 60_000;

/** One line of the log. */
export interface LogLine {
  /** pino's: 30 info, 40 warn, 50 error, 60 fatal. */
  readonly level: number;
  readonly msg: string;
  readonly event?: string;
  readonly service?: string;
  readonly server?: string;
}

export interface ProgramEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One file, one state_dir, one control socket, and at most one director at a time. */
export class LvsdHome {
  readonly folder: string;
  readonly stateDir: string;
  readonly file: string;
  readonly socket: string;
  /** Of the director that runs, or ran last. */
  log: LogLine[] = [];
  readonly #name: string;
  #process: ChildProcessByStdio<null, null, Readable> | null = null;
  #heard = (): void => undefined;

  /** @param stateDir default one in the home's folder */
  constructor(name = 'director', stateDir?: string) {
    mkdirSync('/run/lvsd-homes', { recursive: true });
    this.folder = mkdtempSync(`/run/lvsd-homes/${name}-`);
    this.stateDir = stateDir ?? join(this.folder, 'state');
    this.file = join(this.folder, 'lvsd.yaml');
    this.socket = join(this.folder, 'run', 'lvsd.sock');
    this.#name = name;
  }

  /** Writes the file. @param director keys of its section beside those of the home */
  configure(services: readonly unknown[], director: Readonly<Record<string, unknown>> = {}): void {
    const own = {
      name: this.#name,
      dataplane: 'kernel',
      state_dir: this.stateDir,
      admin: { socket: this.socket, listen: 'none' },
    };
    // what is JSON is YAML too
    this.write(JSON.stringify({ director: { ...own, ...director }, services }, null, 2));
  }

  /** Writes the file as it is, which may be nonsense. */
  write(content: string): void {
    writeFileSync(this.file, content);
  }

  /** Asks the director that runs. */
  get api(): ApiClient {
    return new ApiClient(this.socket, { clock: realClock, uid: process.geteuid?.() ?? 0 });
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('lvsd does not run');
    return pid;
  }

  /** Starts the director in the namespace of the calling thread, and waits until it serves. @throws Error when it ends */
  async start(): Promise<void> {
    if (this.#process !== null) throw new Error('lvsd runs already');
    this.log = [];
    const child = spawn(process.execPath, [main, 'run', '-c', this.file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    createInterface({ input: child.stderr }).on('line', (line) => this.#hear(line));
    child.on('exit', () => this.#heard());
    await this.logged(/^control socket/);
  }

  /**
   * The first line of the log like this that has come since the start, or comes.
   *
   * @param after lines of the log to leave out
   * @throws Error with the log when none comes
   */
  async logged(pattern: RegExp, after = 0): Promise<LogLine> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const line = this.log.slice(after).find(({ msg }) => pattern.test(msg));
      if (line !== undefined) return line;
      const child = this.#process;
      const leftMs = deadline - performance.now();
      if (leftMs < 0 || child?.exitCode !== null || child.signalCode !== null)
        throw new Error(`lvsd did not log ${String(pattern)}:\n${this.logText()}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
        void setTimeout(Math.min(leftMs + 1, 1000), undefined, { ref: false }).then(resolve);
      });
    }
  }

  /** For messages of failures. */
  logText(): string {
    return this.log.map(({ level, msg }) => `${level} ${msg}`).join('\n');
  }

  /** Events of one type in the log. */
  events(type: string): LogLine[] {
    return this.log.filter(({ event }) => event === type);
  }

  /** @returns the exit code; null after SIGKILL */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.#process;
    if (child === null) return null;
    if (child.exitCode === null && child.signalCode === null) {
      const closed = once(child, 'close');
      child.kill(signal);
      await closed;
    }
    this.#process = null;
    return child.exitCode;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** A director that is expected to end by itself, or another command with this file: `home.run('plan')`. */
  async run(...words: readonly string[]): Promise<ProgramEnd> {
    const child = spawn(process.execPath, [main, ...words, '-c', this.file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const expire = globalThis.setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
    const [code] = (await once(child, 'close')) as [number | null];
    clearTimeout(expire);
    return { code, stdout: await stdout, stderr: await stderr };
  }

  /** Ends what runs and leaves nothing behind. */
  async remove(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #hear(line: string): void {
    this.log.push(parseLine(line));
    this.#heard();
  }
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { level: 0, msg: line };
  }
}
