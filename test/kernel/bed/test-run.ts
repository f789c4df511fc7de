/** One run of kernel test files: bundled, booted once, and run by one Node in the guest, whose output is shown as it comes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleTests } from './bundle.js';
import { GuestFolder } from './guest-folder.js';
import type { GuestEnd, GuestOptions } from './guest.js';

export interface TestRunOptions {
  readonly limitSec: number;
  readonly memoryMb: number;
  /** Default none. */
  readonly kernelArguments?: readonly string[];
}

/** Boots a kernel that runs the command: `runInGuest` or `runInQemu`. */
export type Boot = (
  folder: GuestFolder,
  command: readonly string[],
  options: GuestOptions,
) => Promise<GuestEnd>;

export type TestRunEnd = GuestEnd & {
  /** The test that was cut off. */
  readonly running: string | null;
  /** Whether the last test ended: a test may end the process, with exit code 0 too. */
  readonly finished: boolean;
  /** The standard output. */
  readonly output: string;
};

/** All kernel test files below `folder`, sorted. */
export function kernelTestFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.kernel.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * Runs `files` (absolute paths) in one guest.
 *
 * Exit code 0 means that every file loaded, that each holds a test, and that all tests passed or were skipped.
 *
 * @throws Error when a file cannot be bundled
 */
export async function runKernelTests(
  boot: Boot,
  files: readonly string[],
  options: TestRunOptions,
): Promise<TestRunEnd> {
  const folder = GuestFolder.create();
  let output = '';
  try {
    const script = folder.file('tests.cjs');
    const reporter = folder.file('completeness-reporter.mjs');
    await bundleTests(files, { script, reporter, program: folder.file('lvsd.mjs') });
    const note = folder.file('running-test');
    const completeness = folder.file('completeness');
    const command = [
      process.execPath,
      '--enable-source-maps',
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      `--test-reporter=${reporter}`,
      `--test-reporter-destination=${completeness}`,
      script,
      note,
    ];
    const end = await boot(folder, command, {
      limitMs: options.limitSec * 1_000,
      memoryMb: options.memoryMb,
      kernelArguments: options.kernelArguments ?? [],
      cwd: process.cwd(),
      environment: guestEnvironment(),
      onOutput: (chunk) => {
        process.stdout.write(chunk);
        output += chunk.toString();
      },
      onErrors: (chunk) => process.stderr.write(chunk),
    });
    return { ...end, running: textOf(note), finished: textOf(completeness) === 'finished', output };
  } finally {
    folder.remove();
  }
}

/** Why the run failed, on a line unless the kernel died; null when it passed. */
export function failureOf(end: TestRunEnd, limitSec: number): string | null {
  const running = end.running === null ? '' : ` while "${end.running}" ran`;
  switch (end.kind) {
    case 'time-limit':
      return `guest killed after ${limitSec} s${running}`;
    case 'died':
      return `the guest's kernel died${running}; the end of its log:\n${end.log}`;
    case 'exited':
      if (end.code !== 0) return `exit code ${end.code} in the guest${running}`;
      return end.finished ? null : `the process ended before its tests did${running}`;
  }
}

/** The list that Node's reporter puts at the end of the output; empty when there is none. */
export function failedTests(output: string): string {
  const start = output.lastIndexOf('failing tests:');
  return start < 0 ? '' : output.slice(start).trimEnd();
}

/** The runner of the host tells its children to report to it in its own format, which nobody reads in the guest. */
function guestEnvironment(): NodeJS.ProcessEnv {
  const ofTheHost = new Set(['NODE_TEST_CONTEXT', 'NODE_OPTIONS', 'NODE_V8_COVERAGE']);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofTheHost.has(name)));
}

/** Null when the file is not there or blank. */
function textOf(file: string): string | null {
  if (!existsSync(file)) return null;
  const text = readFileSync(file, 'utf8').trim();
  return text === '' ? null : text;
}
