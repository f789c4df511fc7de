/** Where the guest's kernel comes from: an installed user-mode-linux package, an unpacked one, or one fetched now. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, fetchInto, findProgram, isExecutable } from './host-tools.js';

/** A user-mode-linux kernel: its program, and the folder of the modules built with it. */
export interface UmlKernel {
  readonly program: string;
  readonly modules: string;
  /** "6.1.176" */
  readonly release: string;
}

/** Why there is none, and what helps: one line. */
export interface NoKernel {
  readonly reason: string;
}

export const kernelCure = 'apt-get install user-mode-linux kmod iproute2 ipvsadm';
const fetchScript = fileURLToPath(new URL('fetch-kernel.sh', import.meta.url));

/**
 * Finds the kernel, and fetches it where it is not installed: no root is needed, only apt's package lists.
 *
 * The cache is the folder `LVSD_UML_CACHE`, else `lvsd-uml` in the user's cache folder. Runs at the same time fetch once.
 * Never throws.
 */
export async function findKernel(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<UmlKernel | NoKernel> {
  const missing = ['modprobe', 'ip'].filter((tool) => findProgram([tool], environment) === null);
  if (missing.length > 0) return { reason: `${missing.join(' and ')} not installed; cure: ${kernelCure}` };
  const installed = installedKernel(environment);
  if (installed !== null) return installed;
  const cache = cacheFolder('LVSD_UML_CACHE', 'lvsd-uml', environment);
  const cached = kernelIn(join(cache, 'usr/bin/linux.uml'), join(cache, 'usr/lib/uml/modules'));
  if (cached !== null) return cached;
  const failure = await fetchInto(cache, fetchScript, [], environment);
  const fetched = kernelIn(join(cache, 'usr/bin/linux.uml'), join(cache, 'usr/lib/uml/modules'));
  if (fetched !== null) return fetched;
  return {
    reason: `no user-mode-linux kernel, and fetching it into ${cache} failed (${failure ?? 'the package has no kernel'}); cure: ${kernelCure}`,
  };
}

function installedKernel(environment: NodeJS.ProcessEnv): UmlKernel | null {
  const program = findProgram(['linux.uml'], environment);
  return program === null ? null : kernelIn(program, '/usr/lib/uml/modules');
}

function kernelIn(program: string, modules: string): UmlKernel | null {
  if (!isExecutable(program) || !existsSync(modules)) return null;
  const release = readdirSync(modules).sort().at(-1);
  return release === undefined ? null : { program, modules: join(modules, release), release };
}
