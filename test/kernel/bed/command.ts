/**
 * Runs one command in the guest: npm run --silent kernel -- ipvsadm -Ln
 *
 * Exit code: the command's; 124 after LVSD_KERNEL_SECONDS (default 120), 125 when the kernel died, 127 when there is none.
 */
import { GuestFolder } from './guest-folder.js';
import { runInGuest } from './guest.js';
import { findKernel } from './kernel-package.js';

async function main(command: readonly string[]): Promise<number> {
  if (command.length === 0) {
    console.error('usage: npm run --silent kernel -- COMMAND [ARGUMENT...]');
    return 2;
  }
  const kernel = await findKernel();
  if ('reason' in kernel) {
    console.error(`kernel: ${kernel.reason}`);
    return 127;
  }
  const seconds = Number(process.env['LVSD_KERNEL_SECONDS'] ?? 120);
  const folder = GuestFolder.create();
  try {
    const end = await runInGuest(kernel, folder, command, {
      environment: process.env,
      cwd: process.env['INIT_CWD'] ?? process.cwd(),
      limitMs: seconds * 1_000,
      memoryMb: 512,
      onOutput: (chunk) => process.stdout.write(chunk),
      onErrors: (chunk) => process.stderr.write(chunk),
    });
    if (end.kind === 'exited') return end.code;
    if (end.kind === 'time-limit') {
      console.error(`kernel: killed after ${seconds} s (LVSD_KERNEL_SECONDS)`);
      return 124;
    }
    console.error(
      `kernel: the guest's kernel died before the command ended; the end of its log:\n${end.log}`,
    );
    return 125;
  } finally {
    folder.remove();
  }
}

// `npm run kernel -- COMMAND | head` is no failure; the guest ends with this process.
process.stdout.on('error', () => process.exit());
process.exitCode = await main(process.argv.slice(2));
