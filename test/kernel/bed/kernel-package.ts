/** Where the guest's kernel comes from: an installed user-mode-linux package, an unpacked one, or one fetched now. */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

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
/** A download of 41 MB, or the wait for another run that makes it. */
const fetchLimitMs = 150_000;

/**
 * Finds the kernel, and fetches it where it is not installed: no root is needed, only apt's package lists.
 *
 * The cache is the folder `LVSD_UML_CACHE`, else `lvsd-uml` in the user's cache folder. Runs at the same time fetch once.
 * Never throws.
 */
export async function findKernel(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<UmlKernel | NoKernel> {
  const missing = ['modprobe', 'ip'].filter((tool) => findProgram(tool, environment) === null);
  if (missing.length > 0) return { reason: `${missing.join(' and ')} not installed; cure: ${kernelCure}` };
  const installed = installedKernel(environment);
  if (installed !== null) return installed;
  const cache = cacheFolder(environment);
  const cached = kernelIn(join(cache, 'usr/bin/linux.uml'), join(cache, 'usr/lib/uml/modules'));
  if (cached !== null) return cached;
  const failure = await fetchKernel(cache, environment);
  const fetched = kernelIn(join(cache, 'usr/bin/linux.uml'), join(cache, 'usr/lib/uml/modules'));
  if (fetched !== null) return fetched;
  return {
    reason: `no user-mode-linux kernel, and fetching it into ${cache} failed (${failure ?? 'the package has no kernel'}); cure: ${kernelCure}`,
  };
}

function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const own = environment['LVSD_UML_CACHE'];
  if (own !== undefined && own !== '') return own;
  const user = environment['XDG_CACHE_HOME'];
  return join(user !== undefined && user !== '' ? user : join(homedir(), '.cache'), 'lvsd-uml');
}

function installedKernel(environment: NodeJS.ProcessEnv): UmlKernel | null {
  const program = findProgram('linux.uml', environment);
  return program === null ? null : kernelIn(program, '/usr/lib/uml/modules');
}

function kernelIn(program: string, modules: string): UmlKernel | null {
  if (!isExecutable(program) || !existsSync(modules)) return null;
  const release = readdirSync(modules).sort().at(-1);
  return release === undefined ? null : { program, modules: join(modules, release), release };
}

/** System programs are found although an ordinary user's PATH lacks their folders. */
function findProgram(name: string, environment: NodeJS.ProcessEnv): string | null {
  const folders = [...(environment['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const found = folders.filter((folder) => folder !== '').map((folder) => join(folder, name));
  return found.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @returns why it failed, on one line; null when it did not */
async function fetchKernel(cache: string, environment: NodeJS.ProcessEnv): Promise<string | null> {
  try {
    mkdirSync(cache, { recursive: true });
    await promisify(execFile)('flock', [join(cache, 'lock'), 'sh', fetchScript, cache], {
      env: { ...environment, LC_ALL: 'C' },
      timeout: fetchLimitMs,
    });
    return null;
  } catch (error) {
    const output = (error as { stderr?: string }).stderr ?? '';
    const text = output === '' && error instanceof Error ? error.message : output;
    return text.trim().split('\n').at(-1) ?? '';
  }
}
