/**
 * Starts programs from a small process: in the guest a fork costs by the size of who forks, and this process is large.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from '../../../../../native/libc/binding.js';
import { POLLIN } from '../../../../../native/libc/constants.js';

export interface Started {
  readonly stdout: string;
  readonly stderr: string;
  /** As a shell tells it: 128 + n for a program that signal n ended. */
  readonly exit: number;
}

/** Runs one script after the other, each read from a file, and says how it ended. */
const loop = 'while read -r script; do . "$script"; echo "$?"; done <"$0"';

/** A shell in the background. Its programs have the environment that it is given. */
export class SmallShell {
  readonly #folder = mkdtempSync(join(tmpdir(), 'shell-'));
  readonly #requests: number;
  readonly #replies: number;
  readonly #child: ChildProcess;

  constructor(environment: NodeJS.ProcessEnv) {
    const requests = join(this.#folder, 'requests');
    const replies = join(this.#folder, 'replies');
    execFileSync('mkfifo', [requests, replies]);
    // opened for both, so that neither end waits for the other
    this.#requests = openSync(requests, constants.O_RDWR);
    this.#replies = openSync(replies, constants.O_RDWR);
    const child = spawn('sh', ['-c', loop, requests], {
      env: environment,
      stdio: ['ignore', this.#replies, 'ignore'],
    });
    child.unref();
    this.#child = child;
  }

  /**
   * Runs a command of the shell's language, in which `"$@"` stands for `words`.
   *
   * @throws Error when it has not ended after `limitMs`; the shell is of no use then
   */
  run(command: string, words: readonly string[], stdin: string, limitMs: number): Started {
    const file = (name: string): string => join(this.#folder, name);
    writeFileSync(file('stdin'), stdin);
    const redirected = `<${file('stdin')} >${file('stdout')} 2>${file('stderr')}`;
    writeFileSync(file('script'), `set -- ${words.map(quote).join(' ')}\n${command} ${redirected}\n`);
    writeSync(this.#requests, `${file('script')}\n`);
    const exit = Number(this.#reply(limitMs, words));
    return {
      stdout: readFileSync(file('stdout'), 'utf8'),
      stderr: readFileSync(file('stderr'), 'utf8'),
      exit,
    };
  }

  /** May be called twice. */
  close(): void {
    if (this.#child.killed) return;
    this.#child.kill('SIGKILL');
    closeSync(this.#requests);
    closeSync(this.#replies);
  }

  #reply(limitMs: number, words: readonly string[]): string {
    const entry = new Int32Array([this.#replies, POLLIN]);
    if (poll(new Uint8Array(entry.buffer), 1, limitMs) !== 1) {
      throw new Error(`${words.join(' ')} did not end within ${limitMs} ms`);
    }
    const buffer = Buffer.alloc(16);
    return buffer.toString('latin1', 0, readSync(this.#replies, buffer)).trim();
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
