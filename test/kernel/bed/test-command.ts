/** Runs the kernel test files whose path contains one of the words, in one guest: npm run kernel:test -- smoke client/services */
import { fileURLToPath } from 'node:url';
import { findKernel } from './kernel-package.js';
import { failureOf, kernelTestFiles, runKernelTests } from './test-run.js';

const testFolder = fileURLToPath(new URL('../..', import.meta.url));

async function main(words: readonly string[]): Promise<string | null> {
  const files = kernelTestFiles(testFolder).filter((file) => words.some((word) => file.includes(word)));
  if (files.length === 0) return 'usage: npm run kernel:test -- PART-OF-A-PATH...; no file matches';
  const kernel = await findKernel();
  if ('reason' in kernel) return kernel.reason;
  const limitSec = Number(process.env['LVSD_KERNEL_SECONDS'] ?? 600);
  return failureOf(await runKernelTests(kernel, files, { limitSec, memoryMb: 512 }), limitSec);
}

const failure = await main(process.argv.slice(2));
if (failure !== null) {
  console.error(`kernel: ${failure}`);
  process.exitCode = 1;
}
