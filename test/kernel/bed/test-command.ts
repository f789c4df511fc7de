/** Runs the kernel test files that the words name, or whose path contains one: npm run kernel:test -- smoke client/services */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInGuest } from './guest.js';
import { findKernel } from './kernel-package.js';
import { failureOf, kernelTestFiles, runKernelTests, type Boot } from './test-run.js';

const testFolder = fileURLToPath(new URL('../..', import.meta.url));

async function main(words: readonly string[]): Promise<string | null> {
  const named = words.filter((word) => word.endsWith('.ts') && existsSync(word)).map((word) => resolve(word));
  const matching = kernelTestFiles(testFolder).filter((file) => words.some((word) => file.includes(word)));
  const files = [...new Set([...named, ...matching])];
  if (files.length === 0) return 'usage: npm run kernel:test -- PART-OF-A-PATH...; no file matches';
  const kernel = await findKernel();
  if ('reason' in kernel) return kernel.reason;
  const limitSec = Number(process.env['LVSD_KERNEL_SECONDS'] ?? 600);
  const boot: Boot = (...words) => runInGuest(kernel, ...words);
  return failureOf(await runKernelTests(boot, files, { limitSec, memoryMb: 512 }), limitSec);
}

const failure = await main(process.argv.slice(2));
if (failure !== null) {
  console.error(`kernel: ${failure}`);
  process.exitCode = 1;
}
