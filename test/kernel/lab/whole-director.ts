/** A director as an operator runs it, all its processes: `lvsd run` of a file with `ha:`, or stock keepalived. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.js';
import type { Namespace } from './namespace.js';

const main = fileURLToPath(new URL('../../../dist/lvsd/main.js', import.meta.url));

export type DirectorKind = 'lvsd' | 'keepalived';

export type SaidState = 'initialize' | 'backup' | 'active' | 'fault';

/** One instance, as far as both kinds know it. */
export interface SharedInstance {
  readonly name: string;
  readonly interface: string;
  readonly vrid: number;
  readonly priority: number;
  readonly advertiseMs: number;
  /** With prefix length. */
  readonly addresses: readonly string[];
}

interface Kind {
  readonly program: string;
  readonly words: readonly string[];
  /** What a line of the log says of an instance; null for other lines. */
  readonly stateIn: (line: string) => readonly [instance: string, state: SaidState] | null;
}

/** A file and at most one run of it. */
export class WholeDirector {
  readonly host: Namespace;
  /** All that it has said, of all its runs. */
  readonly lines: string[] = [];
  readonly #kind: Kind;
  readonly #states = new Map<string, SaidState>();
  #child: ChildProcess | null = null;
  /** Of the process, and of those that it started, as long as they were its own. */
  #pids: number[] = [];

  private constructor(host: Namespace, kind: Kind) {
    this.host = host;
    this.#kind = kind;
  }

  /** `lvsd run` of a file. @param director more keys of its section, beside those that the file has */
  static lvsd(
    host: Namespace,
    document: { readonly director?: Readonly<Record<string, unknown>>; readonly ha: object },
    director: Readonly<Record<string, unknown>> = {},
  ): WholeDirector {
    const folder = folderOf(host, 'lvsd');
    const file = join(folder, 'lvsd.yaml');
    const own = {
      name: host.name,
      dataplane: 'proxy',
      state_dir: join(folder, 'state'),
      admin: { socket: join(folder, 'run', 'lvsd.sock'), listen: 'none' },
    };
    // what is JSON is YAML too
    writeFileSync(
      file,
      JSON.stringify({ ...document, director: { ...own, ...document.director, ...director } }),
    );
    const stateIn: Kind['stateIn'] = (line) => {
      const [, instance, state] =
        /"event":"role-changed".*"msg":"(\S+): \w+ to (initialize|backup|active|fault):/.exec(line) ?? [];
      return instance === undefined ? null : [instance, state as SaidState];
    };
    return new WholeDirector(host, {
      program: process.execPath,
      words: [main, 'run', '-c', file],
      stateIn,
    });
  }

  /** Stock keepalived, which takes an address back from nobody (`nopreempt`), as `preempt: false` does. */
  static keepalived(host: Namespace, instances: readonly SharedInstance[]): WholeDirector {
    const folder = folderOf(host, 'keepalived');
    const file = join(folder, 'keepalived.conf');
    writeFileSync(file, instances.map(formatInstance).join('\n'));
    const stateIn: Kind['stateIn'] = (line) => {
      const [, instance, state = ''] = /\((\S+)\) entering (BACKUP|MASTER|FAULT) state/i.exec(line) ?? [];
      const word = { BACKUP: 'backup', MASTER: 'active', FAULT: 'fault' } as const;
      return instance === undefined ? null : [instance, word[state.toUpperCase() as keyof typeof word]];
    };
    const files = ['-f', file, '-p', join(folder, 'pid'), '-r', join(folder, 'vrrp.pid')];
    return new WholeDirector(host, {
      program: 'keepalived',
      words: ['--dont-fork', '--vrrp', '--log-console', ...files],
      stateIn,
    });
  }

  /** One such director of either kind, with the same instances. */
  static of(kind: DirectorKind, host: Namespace, instances: readonly SharedInstance[]): WholeDirector {
    return kind === 'keepalived'
      ? WholeDirector.keepalived(host, instances)
      : WholeDirector.lvsd(host, {
          ha: {
            instances: instances.map(({ advertiseMs, ...own }) => ({
              ...own,
              advertise: `${advertiseMs}ms`,
              preempt: false,
            })),
          },
        });
  }

  get runs(): boolean {
    return this.#child !== null;
  }

  /** What it said of an instance last; null while it does not run, or has said nothing since it was started. */
  said(instance: string): SaidState | null {
    return this.#states.get(instance) ?? null;
  }

  /** What was said so far counts no more: whoever changes something waits for what is said after it. */
  forget(): void {
    this.#states.clear();
  }

  /** Starts it, and does not wait for anything. */
  start(): void {
    const { program, words, stateIn } = this.#kind;
    const child = this.host.within(() => spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] }));
    this.#child = child;
    this.#states.clear();
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        const said = stateIn(line);
        if (said !== null && this.#child === child) this.#states.set(...said);
      });
    child.on('exit', () => {
      if (this.#child === child) this.#child = null;
      this.#states.clear();
    });
  }

  /** Waits until it has said that the instance is in this state. */
  async untilSaid(instance: string, state: SaidState, seconds = 60): Promise<void> {
    await until(`${this.host.name} says that ${instance} is ${state}`, seconds, () => {
      if (!this.runs) throw new Error(`${this.host.name} has ended:\n${this.lines.slice(-10).join('\n')}`);
      return this.said(instance) === state;
    });
  }

  /** Its main process. @throws Error when it does not run */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.host.name} does not run`);
    return pid;
  }

  signal(signal: NodeJS.Signals): void {
    this.#pids = familyOf(this.pid);
    process.kill(this.pid, signal);
  }

  /** To its main process and to all below, at once. */
  signalAll(signal: NodeJS.Signals): void {
    this.#pids = familyOf(this.pid);
    for (const pid of this.#pids) sendTo(pid, signal);
  }

  /** When its main process ended, as `performance.now()` has it. */
  async ended(): Promise<number> {
    if (this.#child !== null) await once(this.#child, 'exit');
    return performance.now();
  }

  /** Waits until all are gone that ran when the last signal was sent. */
  async untilEnded(): Promise<void> {
    const there = (): boolean => this.#pids.some((pid) => existsSync(`/proc/${pid}`));
    await until(`${this.host.name} and what it started have ended`, 20, () => !this.runs && !there());
  }

  /** By a signal that ends it; waits for its end. May be called when it has ended. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  /** Ends whatever is left, at once. */
  async kill(): Promise<void> {
    const child = this.#child;
    for (const pid of new Set([...this.#pids, ...(child?.pid === undefined ? [] : familyOf(child.pid))]))
      sendTo(pid, 'SIGKILL');
    await this.end('SIGKILL');
  }
}

function folderOf(host: Namespace, kind: DirectorKind): string {
  const folder = `/run/lab/${kind}-${host.name}`;
  mkdirSync(folder, { recursive: true });
  return folder;
}

function familyOf(pid: number): number[] {
  let children: string;
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  } catch {
    return [];
  }
  return [pid, ...children.split(' ').filter(Boolean).map(Number).flatMap(familyOf)];
}

function sendTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended
  }
}

function formatInstance(instance: SharedInstance): string {
  return [
    `vrrp_instance ${instance.name} {`,
    `  interface ${instance.interface}`,
    '  version 3',
    `  virtual_router_id ${instance.vrid}`,
    `  priority ${instance.priority}`,
    `  advert_int ${instance.advertiseMs / 1000}`,
    '  state BACKUP',
    '  nopreempt',
    '  virtual_ipaddress {',
    ...instance.addresses.map((address) => `    ${address} dev ${instance.interface}`),
    '  }',
    '}',
    '',
  ].join('\n');
}
