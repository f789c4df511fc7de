/** Bundles programs of a bench and runs one of them in the test kernel: there Node needs a second to load many files. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
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
 * @param options.asBuilt lvsd's own modules are not copied in but loaded from dist/: the very ones of a built lvsd in the same
 *   process
 * @returns its absolute path
 */
export async function bundle(source: string, options: { readonly asBuilt?: boolean } = {}): Promise<string> {
  const outfile = join(bundles, source.replace(/\.ts$/, '.mjs'));
  mkdirSync(dirname(outfile), { recursive: true });
  await build({
    entryPoints: [join(root, 'bench', source)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['koffi'],
    // packages of the older kind ask for Node's own modules by it
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    plugins: options.asBuilt === true ? [builtModules] : [],
    logLevel: 'warning',
  });
  return outfile;
}

const builtModules: Plugin = {
  name: 'built-modules',
  setup(builder) {
    builder.onResolve({ filter: /^\.\.\/\.\.\/(?:src|native)\// }, ({ path }) => ({
      path: join(root, 'dist', path.slice('../../'.length)),
      external: true,
    }));
  },
};

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
