/** A folder of kernel tests as one test of the host: boots the guest, shows what it says, and fails with what failed. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { skipOrFail } from '../support/require-tool.js';
import { runInGuest } from './bed/guest.js';
import { findHostKernel, runOnHost } from './bed/host-kernel.js';
import { findKernel, type NoKernel } from './bed/kernel-package.js';
import { runInQemu } from './bed/qemu/qemu-guest.js';
import { findQemuKernel } from './bed/qemu/qemu-kernel.js';
import { failedTests, failureOf, kernelTestFiles, runKernelTests, type Boot } from './bed/test-run.js';

type Bed = 'uml' | 'qemu' | 'host';

/** The word of LVSD_TEST_REQUIRE. */
const NEEDS: Readonly<Record<Bed, string>> = { uml: 'kernel', qemu: 'qemu', host: 'host-kernel' };

export interface PartOptions {
  /** Default `uml`; `qemu` is slower, newer, and has nf_tables; `host` is this machine's own kernel, for what is about time. */
  readonly bed?: Bed;
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
 * It is skipped where no kernel is to be had; with `LVSD_TEST_REQUIRE=kernel` (`qemu` and `host-kernel` for those beds) it fails there.
 */
export function kernelPart(name: string, folder: URL, options: PartOptions = {}): void {
  it(name, async (test) => {
    const files = kernelTestFiles(fileURLToPath(folder));
    assert.notEqual(files.length, 0, `${folder.pathname} holds no *.kernel.test.ts`);
    const bed = options.bed ?? 'uml';
    const boot = await bootOf(bed);
    if ('reason' in boot) {
      test.skip(skipOrFail(NEEDS[bed], boot.reason));
      return;
    }
    const limitSec = options.limitSec ?? 150;
    const end = await runKernelTests(boot, files, { memoryMb: 512, ...options, limitSec });
    const failure = failureOf(end, limitSec);
    if (failure !== null) assert.fail(`${failure}\n${failedTests(end.output)}`);
  });
}

async function bootOf(bed: Bed): Promise<Boot | NoKernel> {
  if (bed === 'host') return findHostKernel() ?? runOnHost;
  if (bed === 'uml') {
    const kernel = await findKernel();
    return 'reason' in kernel ? kernel : (...words) => runInGuest(kernel, ...words);
  }
  const kernel = await findQemuKernel();
  return 'reason' in kernel ? kernel : (...words) => runInQemu(kernel, ...words);
}
