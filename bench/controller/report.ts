/** What the measured director tells of itself, and how it is made to. Times are milliseconds since its process began. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';

/** One change inside the director. */
export interface Operation {
  readonly tookMs: number;
  /** Netlink messages that read, sent while it ran. */
  readonly reading: number;
}

export interface LvsdReport {
  /** Node itself was ready. */
  readonly nodeMs: number;
  /** Reading of all files of a configuration, from text to plain values. */
  readonly parses: readonly { readonly beginMs: number; readonly endMs: number }[];
  /** A configuration had passed its schema and all rules, and become a model. */
  readonly loadedMs: readonly number[];
  /** The first round; null before its end. */
  readonly start: {
    readonly beginMs: number;
    /** The last change was acknowledged. */
    readonly changedMs: number;
    /** Of the time between the two: in the IPVS client, and in writing state_dir. */
    readonly netlinkMs: number;
    readonly stateMs: number;
  } | null;
  /** From the parsed configuration to the end of the round, each reload. */
  readonly reloads: readonly Operation[];
  /** Each change of a weight, from the request to the end of the round. */
  readonly weights: readonly Operation[];
  /** Netlink messages of all protocols since the start, by what they do; a dump is one. */
  readonly messages: { readonly changing: number; readonly reading: number };
}

/** Asks a measured director for its report. @param file as its `BENCH_REPORT` says */
export async function askReport(child: ChildProcess, file: string): Promise<LvsdReport> {
  rmSync(file, { force: true });
  child.kill('SIGUSR2');
  while (!existsSync(file)) {
    if (child.exitCode !== null) throw new Error(`lvsd ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return JSON.parse(readFileSync(file, 'utf8')) as LvsdReport;
}
