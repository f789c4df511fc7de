/** A server is well when a program says so: exit code 0. The program gets nothing of the director's but its words. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { describe, failure, notProbed, printable } from './failure.js';
import { planLaunch, readRights, type Launch, type Rights } from './exec-rights.js';
import type { Checker, ProbeResult } from '../types.js';

export interface ExecSettings {
  /** Program and arguments, placeholders filled in. */
  readonly command: readonly string[];
  /** Told to the program as LVSD_ADDRESS, LVSD_PORT and LVSD_SERVER. */
  readonly address: string;
  readonly port: number;
  readonly name: string;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** More output is a program that floods: it is killed. */
const MAX_OUTPUT_BYTES = 64 * 1024;

/** Runs the program once, in a process group of its own, which is killed as a whole when the probe ends. */
export class ExecChecker implements Checker {
  readonly #settings: ExecSettings;
  readonly #rights: () => Promise<Rights>;

  constructor(settings: ExecSettings, rights: () => Promise<Rights> = readRights) {
    this.#settings = settings;
    this.#rights = rights;
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const { command } = this.#settings;
    const subject = `exec ${command[0] ?? ''}`;
    try {
      const launch = await planLaunch(command, await this.#rights());
      if ('fault' in launch) return notProbed(subject, launch.fault);
      signal.throwIfAborted();
      const { outcome, line } = await this.#run(launch, signal);
      // It has not come to the program.
      if (outcome !== null && launch.drops && line.startsWith('setpriv: ')) return notProbed(subject, line);
      const said = line === '' ? '' : `: ${line}`;
      return outcome === null
        ? { ok: true, detail: `exit code 0${printable(said)}` }
        : failure(subject, `${outcome}${said}`);
    } catch (thrown) {
      return failure(subject, thrown);
    }
  }

  /** `outcome` is null for exit code 0; `line` is the first that the program wrote. */
  async #run(
    { file, words }: Launch,
    signal: AbortSignal,
  ): Promise<{ outcome: string | null; line: string }> {
    const { address, port, name } = this.#settings;
    const child = spawn(file, [...words], {
      // A session of its own, hence a group of its own.
      detached: true,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        LANG: 'C.UTF-8',
        LVSD_ADDRESS: address,
        LVSD_PORT: String(port),
        LVSD_SERVER: name,
      },
    });
    await started(child);
    const output = new Output(child, () => killGroup(child));
    const closed = new Promise((resolve) => child.once('close', resolve));
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    aborted.catch(() => undefined);
    try {
      const outcome = await exit(child, signal);
      await Promise.race([closed, aborted]).catch((thrown: unknown) => {
        throw new Error(`what it started holds its output open: ${describe(thrown)}`, { cause: thrown });
      });
      if (output.flooded)
        return { outcome: `more than ${MAX_OUTPUT_BYTES} bytes of output, killed`, line: '' };
      return { outcome, line: output.line };
    } finally {
      child.stdout.destroy();
      child.stderr.destroy();
    }
  }
}

/**
 * Rejects when the program was not started: without descriptors it has not even outputs.
 *
 * @throws the system's error
 */
async function started(child: Child): Promise<void> {
  if (child.pid !== undefined) return;
  const [error] = (await once(child, 'error')) as [Error];
  throw new Error(`start: ${describe(error)}`, { cause: error });
}

/**
 * Waits for the program's end, and ends with it everything of its group; kills all at an abort.
 *
 * @returns null for exit code 0
 * @throws the abort's reason; the error of a program that could not be started
 */
async function exit(child: Child, signal: AbortSignal): Promise<string | null> {
  const abort = (): void => killGroup(child);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (error) => reject(new Error(`start: ${describe(error)}`, { cause: error })));
      child.once('exit', (code, signalName) => {
        // Children that it left behind would pile up probe by probe.
        killGroup(child);
        if (signal.aborted) reject(signal.reason as Error);
        else resolve(code === 0 ? null : code === null ? `killed by ${signalName}` : `exit code ${code}`);
      });
    });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Everything that the program started and that did not make a session of its own. */
function killGroup(child: Child): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // it is gone
  }
}

/** The beginning of both outputs together. */
class Output {
  flooded = false;
  #bytes = 0;
  #text = '';

  constructor(child: Child, stop: () => void) {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#bytes += chunk.length;
        if (this.#text.length < MAX_OUTPUT_BYTES) this.#text += chunk.toString('utf8');
        if (this.#bytes <= MAX_OUTPUT_BYTES) return;
        this.flooded = true;
        stop();
      });
      stream.on('error', () => undefined);
    }
  }

  get line(): string {
    return this.#text.trimStart().split('\n', 1)[0]?.trim() ?? '';
  }
}
