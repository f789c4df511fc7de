/** How every bench prints and keeps its figures: an aligned table for people, a raw JSON file for the docs. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const resultsFolder = fileURLToPath(new URL('../results/', import.meta.url));

/** What a figure depends on beside the code. */
export function environmentOfRun() {
  return {
    commit:
      git('rev-parse', '--short=12', 'HEAD') +
      (git('status', '--porcelain', 'src', 'schedulers', 'native') === '' ? '' : '+changes'),
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    kernel: release(),
    cpu: `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}`,
  };
}

function git(...args: string[]): string {
  return execFileSync('git', args, { encoding: 'utf8' }).trim();
}

/** Writes `bench/results/<name>.json`. @returns what is in it */
export function keepResult<Result extends object>(
  name: string,
  result: Result,
): Result & { readonly environment: ReturnType<typeof environmentOfRun> } {
  mkdirSync(resultsFolder, { recursive: true });
  const file = join(resultsFolder, `${name}.json`);
  const kept = { environment: environmentOfRun(), ...result };
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
  console.log(`raw figures: bench/results/${name}.json`);
  return kept;
}

/** First column to the left, the others to the right. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [header, ...rows]) {
    console.log(
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    );
  }
}

/** Median of a list that is not empty. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  const lower = sorted[middle - 1 + (sorted.length % 2)];
  if (upper === undefined || lower === undefined) throw new RangeError('median of nothing');
  return (upper + lower) / 2;
}
