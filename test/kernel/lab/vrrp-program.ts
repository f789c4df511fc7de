/** The program `lvsd-vrrp` as it is built, under a parent of its own that stands for the director. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseFromVrrp, type FromVrrp, type ToVrrp } from '../../../src/ha/messages.js';
import type { VrrpInstance } from '../../../src/model/vrrp-instance.js';
import type { VrrpRole } from '../../../src/model/vrrp-role.js';
import { until } from '../support/until.js';
import type { Namespace } from './namespace.js';

const program = fileURLToPath(new URL('../../../dist/lvsd/lvsd-vrrp.js', import.meta.url));

/** Forks it, hands on lines in both directions, and beats. */
const PARENT = `
const { fork } = require('node:child_process');
const words = ['--max-old-space-size=32', '--max-semi-space-size=1', '--single-threaded', '--no-warnings'];
const child = fork(process.argv[1], [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: words, detached: true });
const line = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
line({ pid: child.pid });
child.on('message', line);
child.on('exit', (code, signal) => { line({ end: signal ?? code }); clearInterval(beats); process.stdin.destroy(); });
const beats = setInterval(() => beating && child.connected && child.send({ kind: 'heartbeat', programmed: true, tracks: [] }), 500);
let beating = true;
require('node:readline').createInterface({ input: process.stdin }).on('line', (text) => {
  const message = JSON.parse(text);
  if (message.kind === 'beating') beating = message.on;
  else if (child.connected) child.send(message);
});
`;

export interface VrrpStart {
  readonly onCrash?: 'release' | 'hold';
  readonly stallLimitMs?: number;
  readonly witness?: readonly string[];
  /** Whether the parent says that the table is programmed; default true. */
  readonly beating?: boolean;
}

/** One parent and one child. */
export class VrrpProgram {
  readonly messages: FromVrrp[] = [];
  /** How the child ended. */
  end: string | number | null = null;
  pid = 0;
  readonly #parent: ChildProcessByStdio<Writable, Readable, null>;

  private constructor(namespace: Namespace) {
    this.#parent = namespace.within(() =>
      spawn(process.execPath, ['-e', PARENT, program], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    // it may be killed while it is written to
    this.#parent.stdin.on('error', () => undefined);
    createInterface({ input: this.#parent.stdout }).on('line', (line) => this.#hear(line));
  }

  /** Starts it and waits until it has its instances. */
  static async start(
    namespace: Namespace,
    instances: readonly VrrpInstance[],
    { onCrash = 'release', stallLimitMs = 30_000, witness = [], beating = true }: VrrpStart = {},
  ): Promise<VrrpProgram> {
    const own = new VrrpProgram(namespace);
    if (!beating) own.beat(false);
    own.configure(instances, { onCrash, stallLimitMs, witness });
    if (beating) own.send({ kind: 'heartbeat', programmed: true, tracks: [] });
    await until('lvsd-vrrp tells of its instances', 60, () =>
      own.messages.some((message) => message.kind === 'roles' && message.roles.length === instances.length),
    );
    return own;
  }

  configure(
    instances: readonly VrrpInstance[],
    { onCrash = 'release', stallLimitMs = 30_000, witness = [] }: VrrpStart = {},
  ): void {
    this.send({ kind: 'configure', instances, onCrash, stallLimitMs, witness });
  }

  send(message: ToVrrp): void {
    this.#write(message);
  }

  /** Whether the parent gives signs of life. */
  beat(on: boolean): void {
    this.#write({ kind: 'beating', on });
  }

  /** What was told of an instance last. */
  role(instance: string): VrrpRole | null {
    for (const message of this.messages.toReversed())
      if (message.kind === 'roles') return message.roles.find((role) => role.instance === instance) ?? null;
    return null;
  }

  async untilState(instance: string, state: VrrpRole['state'], seconds = 60): Promise<VrrpRole> {
    return until(`${instance} is ${state}`, seconds, () => {
      const role = this.role(instance);
      return role?.state === state && role;
    });
  }

  get problems(): readonly string[] {
    return this.messages.flatMap((message) => (message.kind === 'problem' ? [message.message] : []));
  }

  /** As the director does it; waits for the end of both. */
  async stop(): Promise<void> {
    if (this.end === null) this.send({ kind: 'stop' });
    await this.#ended();
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  killParent(): void {
    this.#parent.kill('SIGKILL');
  }

  /** Ends whatever is left, at once. */
  async kill(): Promise<void> {
    this.killParent();
    try {
      process.kill(this.pid, 'SIGKILL');
    } catch {
      // it has ended
    }
    await this.#ended();
  }

  async #ended(): Promise<void> {
    if (this.#parent.exitCode === null && this.#parent.signalCode === null) await once(this.#parent, 'exit');
  }

  #write(message: object): void {
    this.#parent.stdin.write(`${JSON.stringify(message)}\n`);
  }

  #hear(line: string): void {
    const value = JSON.parse(line) as { readonly pid?: number; readonly end?: string | number };
    if (value.pid !== undefined) this.pid = value.pid;
    else if (value.end !== undefined) this.end = value.end;
    else this.messages.push(parseFromVrrp(value));
  }
}
