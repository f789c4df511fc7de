/** Bundles programs of a bench and runs one of them in the test kernel: there Node needs a second to load many files. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleOptions } from '../../bundle-options.js';
import { GuestFolder } from '../../test/kernel/bed/guest-folder.js';
import { runInGuest } from '../../test/kernel/bed/guest.js';
import { findKernel } from '../../test/kernel/bed/kernel-package.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Inside the project, so that the bundles find its packages. */
const bundles = join(root, '.cache/bench');

/**
 * Makes one script of a program of a bench.
 *
 * @param source relative to bench/: `netlink/guest.ts`
 * @returns its absolute path
 */
export async function bundle(source: string): Promise<string> {
  const outfile = join(bundles, source.replace(/\.ts$/, '.mjs'));
  mkdirSync(dirname(outfile), { recursive: true });
  await build({ ...bundleOptions, entryPoints: [join(root, 'bench', source)], outfile });
  return outfile;
}

/**
 * Makes a program as `npm run build` makes it (bundle.js), and one that shares its modules when Node is told to load it first.
 *
 * @param name of the folder
 * @param main and `preload` relative to the root
 * @returns their absolute paths, in this order
 */
export async function bundleProgram(
  name: string,
  main: string,
  preload: string,
): Promise<readonly [string, string]> {
  const outdir = join(bundles, name);
  const entryPoints = { main: join(root, main), preload: join(root, preload) };
  await build({ ...bundleOptions, entryPoints, outdir, splitting: true, minifyWhitespace: true });
  return [join(outdir, 'main.js'), join(outdir, 'preload.js')];
}

/**
 * Boots the kernel, runs Node there with these words, and gives what it printed as JSON. Its progress goes to stderr.
 *
 * @throws Error when there is no kernel or the program fails
 */
export async function runBenchGuest(words: readonly string[]): Promise<unknown> {
  const kernel = await findKernel();
  if ('reason' in kernel) throw new Error(kernel.reason);
  const folder = GuestFolder.create();
  const output: Buffer[] = [];
  try {
    const end = await runInGuest(kernel, folder, [process.execPath, ...words], {
      environment: process.env,
      cwd: root,
      limitMs: 900_000,
      memoryMb: 1024,
      onOutput: (chunk) => output.push(chunk),
      onErrors: (chunk) => process.stderr.write(chunk),
    });
    if (end.kind !== 'exited' || end.code !== 0)
      throw new Error(`the guest ended with ${JSON.stringify(end)}`);
  } finally {
    folder.remove();
  }
  return JSON.parse(Buffer.concat(output).toString('utf8'));
}
