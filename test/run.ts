/**
 * Runs the tests with Node's own runner, its summary last.
 *
 *   node --import tsx test/run.ts                 every *.test.ts but those under test/full/ and in the guest
 *   node --import tsx test/run.ts unit/config     only files whose path contains one of the words
 *   node --import tsx test/run.ts --full [part]   the must-show parts under test/full/, all or the named ones
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const testFolder = fileURLToPath(new URL('.', import.meta.url));
const fullFolder = join(testFolder, 'full');

function testFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .filter((entry) => !entry.name.endsWith('.kernel.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const words = process.argv.slice(2);
const full = words.includes('--full');
const wanted = words.filter((word) => !word.startsWith('--'));
const files = (
  full ? testFiles(fullFolder) : testFiles(testFolder).filter((file) => !file.startsWith(fullFolder))
).filter((file) => wanted.length === 0 || wanted.some((word) => relative(testFolder, file).includes(word)));

if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(' ') || '*.test.ts'}`);
  process.exit(1);
}
/** A file that hangs fails, for a handle that a failed test left open would hold everything up. */
const fileLimitMs = full ? 1_800_000 : 180_000;
/** Node itself leaves one core free, so that with two cores one file would run at a time. The long parts measure, and run alone. */
const atOnce = full ? 1 : availableParallelism();
const options = [`--test-timeout=${fileLimitMs}`, `--test-concurrency=${atOnce}`, '--test-reporter=spec'];
const child = spawn(process.execPath, ['--import', 'tsx', '--test', ...options, ...files], {
  stdio: 'inherit',
});
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
