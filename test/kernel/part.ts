/** A folder of kernel tests as one test of the host: boots the guest, shows what it says, and fails with what failed. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { skipOrFail } from '../support/require-tool.js';
import { findKernel } from './bed/kernel-package.js';
import { failedTests, failureOf, kernelTestFiles, runKernelTests } from './bed/test-run.js';

export interface PartOptions {
  /** Default 150: a part of `npm test` must end within its file's limit. */
  readonly limitSec?: number;
  /** Default 512. */
  readonly memoryMb?: number;
  /** For a kernel that is not as usual: `ipv6.disable=1`. */
  readonly kernelArguments?: readonly string[];
}

/**
 * Registers the test `name`, which runs all `*.kernel.test.ts` of `folder` in one guest.
 *
 * It is skipped where no kernel is to be had; with `LVSD_TEST_REQUIRE=kernel` it fails there.
 */
export function kernelPart(name: string, folder: URL, options: PartOptions = {}): void {
  it(name, async (test) => {
    const files = kernelTestFiles(fileURLToPath(folder));
    assert.notEqual(files.length, 0, `${folder.pathname} holds no *.kernel.test.ts`);
    const kernel = await findKernel();
    if ('reason' in kernel) {
      test.skip(skipOrFail('kernel', kernel.reason));
      return;
    }
    const limitSec = options.limitSec ?? 150;
    const end = await runKernelTests(kernel, files, { memoryMb: 512, ...options, limitSec });
    const failure = failureOf(end, limitSec);
    if (failure !== null) assert.fail(`${failure}\n${failedTests(end.output)}`);
  });
}
