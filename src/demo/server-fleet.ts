/** The demo's servers: child processes that are started, missed, started again on their old port, and ended. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pause } from '../base/abort.js';
import type { Clock } from '../base/clock.js';
import { DirectorError } from '../base/errors.js';

export interface DemoServer {
  readonly name: string;
  readonly port: number;
  /** null while it is dead. */
  readonly pid: number | null;
}

export interface FleetOptions {
  readonly clock: Clock;
  /** A server process that was not told to has ended. */
  readonly onDeath: (name: string) => void;
}

interface Member {
  readonly name: string;
  readonly port: number;
  child: ChildProcess | null;
}

/** A server that was sent SIGTERM has ended by then: it takes half a second at most, see server.ts. */
const DYING_MS = 700;

/** Time between SIGTERM and SIGKILL at the end. */
const GRACE_MS = 1000;

// The suffix is this file's own, so that the demo also runs from sources.
const SERVER = fileURLToPath(new URL(`./server${extname(import.meta.url)}`, import.meta.url));

export class ServerFleet {
  readonly #options: FleetOptions;
  readonly #members: Member[] = [];
  #closed = false;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** In the order in which they were started. */
  get servers(): DemoServer[] {
    return this.#members.map(({ name, port, child }) => ({ name, port, pid: child?.pid ?? null }));
  }

  /**
   * Starts servers on free ports and waits until all listen.
   *
   * @throws DirectorError when one does not come up; `close` ends the others
   */
  async start(names: readonly string[]): Promise<void> {
    const starts = await Promise.allSettled(names.map((name) => this.#spawn(name, 0)));
    for (const [index, start] of starts.entries()) {
      if (start.status === 'rejected') continue;
      const member: Member = { name: names[index] ?? '', port: start.value.port, child: null };
      this.#members.push(member);
      this.#adopt(member, start.value.child);
    }
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /**
   * Starts every dead server again on its old port, those included that are told to end just now.
   *
   * @returns those that came back; none once the signal aborts or `close` was called
   */
  async revive(signal: AbortSignal): Promise<DemoServer[]> {
    await pause(this.#options.clock, DYING_MS, signal);
    if (this.#closed || signal.aborted) return [];
    const dead = this.#members.filter(({ child }) => child === null);
    for (const member of dead) this.#adopt(member, (await this.#spawn(member.name, member.port)).child);
    return this.servers.filter(({ name }) => dead.some((member) => member.name === name));
  }

  /** Ends all: SIGTERM, and SIGKILL for what is left after a second. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    const living = this.#members.map(({ child }) => child).filter((child) => child !== null);
    await Promise.all(living.map((child) => this.#end(child)));
  }

  async #spawn(name: string, port: number): Promise<{ child: ChildProcess; port: number }> {
    const child = fork(SERVER, [name, String(port)], {
      // Without a channel for output a server cannot fill a pipe that nobody reads.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // A Ctrl-C on the terminal reaches its whole group; the demo itself decides when its servers end.
      detached: true,
    });
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => [{ error: 'ended before it listened' }]),
    ])) as [{ port?: number; error?: string }];
    if (message.port === undefined) {
      throw new DirectorError(`start demo server ${name}: ${message.error ?? 'no port'}`, {
        code: 'ERR_DEMO_SERVER',
        details: { name },
      });
    }
    return { child, port: message.port };
  }

  #adopt(member: Member, child: ChildProcess): void {
    member.child = child;
    child.once('exit', () => {
      member.child = null;
      if (!this.#closed) this.#options.onDeath(member.name);
    });
  }

  async #end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = this.#options.clock.after(GRACE_MS, () => child.kill('SIGKILL'), { ref: true });
    await ended;
    timer.cancel();
  }
}
