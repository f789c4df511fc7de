/** keepalived without checkers, in the foreground, on a table of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IpvsClient } from '../../native/index.js';
import { expectComplete } from '../support/empty-table.js';
import { keepalivedConfig } from '../support/rules.js';
import { completedAt, weightAt, type Work } from './waiting.js';

export class KeepalivedRun {
  readonly startMs: number;
  readonly #work: Work;
  readonly #config: string;

  private constructor(work: Work, config: string, startMs: number) {
    this.#work = work;
    this.#config = config;
    this.startMs = startMs;
  }

  /** Waits until the table is complete. */
  static async start(table: IpvsClient, services: number): Promise<KeepalivedRun> {
    const folder = mkdtempSync(join(tmpdir(), 'keepalived-'));
    const config = join(folder, 'keepalived.conf');
    writeFileSync(config, keepalivedConfig(services));
    const pids = ['-p', join(folder, 'parent.pid'), '-c', join(folder, 'checkers.pid')];
    const begin = performance.now();
    const child = spawn('keepalived', ['-n', '-C', '-f', config, ...pids], { stdio: 'ignore' });
    const work = { child, table, services };
    const startMs = (await completedAt(work)) - begin;
    expectComplete(table, services, 'keepalived');
    return new KeepalivedRun(work, config, startMs);
  }

  get pid(): number {
    return this.#work.child.pid ?? 0;
  }

  /** @returns from the signal to the weight in the table */
  async changeWeight(weight: number): Promise<number> {
    writeFileSync(this.#config, keepalivedConfig(this.#work.services, weight));
    const begin = performance.now();
    this.#work.child.kill('SIGHUP');
    return (await weightAt(this.#work, weight)) - begin;
  }

  async end(): Promise<void> {
    const closed = once(this.#work.child, 'close');
    this.#work.child.kill('SIGTERM');
    await closed;
  }
}
