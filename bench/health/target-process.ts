/** The process of the servers. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Ports } from './checked-servers.js';

/** By address, milliseconds, rising. */
type Arrivals = Readonly<Record<string, readonly number[]>>;

/** As `target.ts` prints it. */
interface TargetRecord {
  readonly tcp: Arrivals;
  readonly http: Arrivals;
  /** By how much the process itself was late, 99th of a hundred. */
  readonly lagP99Ms: number;
}

export class Target {
  readonly ports: Ports;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, ports: Ports) {
    this.#child = child;
    this.#lines = lines;
    this.ports = ports;
  }

  static async start(): Promise<Target> {
    const script = fileURLToPath(new URL('target.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = (await lines.next()) as { value: string };
    return new Target(child, lines, JSON.parse(first.value) as Ports);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What has come since the last call. */
  async take(): Promise<TargetRecord> {
    this.#child.stdin?.write('\n');
    const line = (await this.#lines.next()) as { value: string };
    return JSON.parse(line.value) as TargetRecord;
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}
