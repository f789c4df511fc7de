/** `lvsd run` as it is built, on a table of its own, and what it tells of itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IpvsClient } from '../../native/index.js';
import { expectComplete } from '../support/empty-table.js';
import { runMeasured } from '../support/measured-child.js';
import { lvsdConfig } from '../support/rules.js';
import type { Change, LvsdStart, Turn } from './figures.js';
import { askReport, type LvsdReport, type Operation } from './report.js';
import { completedAt, weightAt, type Work } from './waiting.js';

export interface LvsdPrograms {
  readonly preload: string;
  readonly main: string;
  /** Without the preload, for what it costs. `start` says the whole time alone then. */
  readonly plain?: boolean;
}

export class LvsdRun {
  readonly #work: Work;
  readonly #folder: string;
  readonly #main: string;
  #start: LvsdStart | null = null;

  private constructor(table: IpvsClient, services: number, { preload, main, plain = false }: LvsdPrograms) {
    this.#main = main;
    this.#folder = mkdtempSync(join(tmpdir(), 'lvsd-'));
    writeFileSync(this.#config, lvsdConfig(services, this.#folder));
    const words = [...(plain ? [] : ['--import', preload]), main, 'run', '-c', this.#config];
    const env = { ...process.env, BENCH_REPORT: this.#report };
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'ignore'], env });
    this.#work = { child, table, services };
  }

  /** Waits until the table is complete, and the director has told so. */
  static async start(table: IpvsClient, services: number, programs: LvsdPrograms): Promise<LvsdRun> {
    const begin = performance.now();
    const run = new LvsdRun(table, services, programs);
    const wholeMs = (await completedAt(run.#work)) - begin;
    expectComplete(table, services, 'lvsd');
    if (programs.plain !== true) run.#start = split(wholeMs, await run.#until(({ start }) => start !== null));
    return run;
  }

  get pid(): number {
    return this.#work.child.pid ?? 0;
  }

  get start(): LvsdStart {
    if (this.#start === null) throw new Error('this one was not measured');
    return this.#start;
  }

  /** A file in which one weight is another one, and SIGHUP. */
  changeFile(weight: number): Promise<Change> {
    this.#write(weight);
    return this.#change(weight, 'reloads', () => Promise.resolve(this.#work.child.kill('SIGHUP')));
  }

  /** `lvsd weight`, the whole command. */
  setWeight(weight: number): Promise<Change> {
    const words = [this.#main, 'weight', 'last', String(weight), '-c', this.#config];
    return this.#change(weight, 'weights', () => runMeasured(process.execPath, words));
  }

  /** The same file once more, and SIGHUP. */
  async reloadUnchanged(weight: number): Promise<Turn['unchanged']> {
    const before = await askReport(this.#work.child, this.#report);
    this.#write(weight);
    const begin = performance.now();
    this.#work.child.kill('SIGHUP');
    const after = await this.#until(({ reloads }) => reloads.length > before.reloads.length);
    const wholeMs = performance.now() - begin;
    const parses = after.parses.length - before.parses.length;
    return { wholeMs, parses, messages: messagesOf(before, after, after.reloads) };
  }

  async end(): Promise<void> {
    const closed = once(this.#work.child, 'close');
    this.#work.child.kill('SIGTERM');
    await closed;
  }

  async #change(weight: number, list: 'reloads' | 'weights', make: () => Promise<unknown>): Promise<Change> {
    const before = await askReport(this.#work.child, this.#report);
    const begin = performance.now();
    const made = make();
    const wholeMs = (await weightAt(this.#work, weight)) - begin;
    await made;
    const after = await this.#until((report) => report[list].length > before[list].length);
    return {
      wholeMs,
      directorMs: after[list].at(-1)?.tookMs ?? 0,
      messages: messagesOf(before, after, after[list]),
    };
  }

  async #until(isReached: (report: LvsdReport) => boolean): Promise<LvsdReport> {
    for (;;) {
      const report = await askReport(this.#work.child, this.#report);
      if (isReached(report)) return report;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  #write(lastWeight: number): void {
    writeFileSync(this.#config, lvsdConfig(this.#work.services, this.#folder, lastWeight));
  }

  get #config(): string {
    return join(this.#folder, 'lvsd.yaml');
  }

  get #report(): string {
    return join(this.#folder, 'report.json');
  }
}

function split(wholeMs: number, { nodeMs, parses, loadedMs, start }: LvsdReport): LvsdStart {
  const [parse] = parses;
  const [loaded] = loadedMs;
  if (parse === undefined || loaded === undefined || start === null) throw new Error('lvsd has not started');
  const parts = {
    nodeMs,
    modulesMs: parse.beginMs - nodeMs,
    yamlMs: parse.endMs - parse.beginMs,
    schemaMs: loaded - parse.endMs,
    planMs: start.changedMs - start.beginMs - start.netlinkMs - start.stateMs,
    netlinkMs: start.netlinkMs,
    stateMs: start.stateMs,
  };
  const sum = Object.values(parts).reduce((total, part) => total + part, 0);
  return { wholeMs, ...parts, restMs: wholeMs - sum };
}

function messagesOf(
  before: LvsdReport,
  after: LvsdReport,
  operations: readonly Operation[],
): LvsdReport['messages'] {
  return {
    changing: after.messages.changing - before.messages.changing,
    reading: operations.at(-1)?.reading ?? 0,
  };
}
