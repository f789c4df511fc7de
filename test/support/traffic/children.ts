/** Starts and drives the traffic processes (protocol.ts) from a test. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServersReady, ToClients, ToTest, TrafficReport } from './protocol.js';

function start(script: string, args: readonly string[] = []): ChildProcess {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return fork(file, args, { execArgv: ['--import', 'tsx'] });
}

async function nextOf<Kind extends ToTest['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<ToTest, { kind: Kind }>> {
  for (;;) {
    const [message] = (await once(child, 'message')) as [ToTest];
    if (message.kind === kind) return message as Extract<ToTest, { kind: Kind }>;
  }
}

/** Both processes; every fault of either is collected. */
export class Traffic {
  /** The first faults, at most 50, as told. */
  readonly faults: string[] = [];
  readonly #servers: ChildProcess;
  #clients: ChildProcess | null = null;

  private constructor(servers: ChildProcess) {
    this.#servers = servers;
    this.#collect(servers);
  }

  static async create(serverCount: number): Promise<{ traffic: Traffic; ready: ServersReady }> {
    const servers = start('servers-process.ts', [String(serverCount)]);
    const traffic = new Traffic(servers);
    return { traffic, ready: await nextOf(servers, 'servers-ready') };
  }

  startClients(options: Omit<Extract<ToClients, { kind: 'start' }>, 'kind'>): void {
    this.#clients = start('clients-process.ts');
    this.#collect(this.#clients);
    this.#tell({ kind: 'start', ...options });
  }

  reloaded(): void {
    this.#tell({ kind: 'reloaded' });
  }

  report(olderThan: number): Promise<TrafficReport> {
    return this.#ask({ kind: 'report', olderThan });
  }

  /** Lets every connection end in order and ends the clients' process. */
  async finishClients(): Promise<TrafficReport> {
    const report = await this.#ask({ kind: 'finish' });
    this.#clients?.disconnect();
    if (this.#clients?.exitCode === null) await once(this.#clients, 'exit');
    this.#clients = null;
    return report;
  }

  async close(): Promise<void> {
    for (const child of [this.#clients, this.#servers]) {
      if (child?.exitCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }

  #tell(message: ToClients): void {
    if (this.#clients === null) throw new Error('no clients run');
    this.#clients.send(message);
  }

  #ask(message: ToClients): Promise<TrafficReport> {
    const clients = this.#clients;
    if (clients === null) throw new Error('no clients run');
    const report = nextOf(clients, 'report');
    this.#tell(message);
    return report;
  }

  #collect(child: ChildProcess): void {
    child.on('message', (message: ToTest) => {
      if (message.kind === 'fault' && this.faults.length < 50) this.faults.push(message.what);
    });
  }
}
