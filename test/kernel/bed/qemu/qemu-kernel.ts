/** The second kernel of the tests: Debian's cloud kernel under qemu, newer than user-mode-linux's and with nf_tables. */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { NoKernel } from '../kernel-package.js';

/** A kernel for qemu, and the programs that run it. */
export interface QemuKernel {
  /** qemu-system-x86_64. */
  readonly emulator: string;
  /** virtiofsd, which serves the host's files to the guest. */
  readonly fileServer: string;
  readonly image: string;
  /** The small system in memory that finds the host's files. */
  readonly startImage: string;
  /** Of the kernel's release. */
  readonly modules: string;
  /** "6.1.0-56-cloud-amd64" */
  readonly release: string;
}

export const qemuCure = 'apt-get install qemu-system-x86 kmod iproute2 nftables';
const fetchScript = fileURLToPath(new URL('fetch.sh', import.meta.url));
const startInit = fileURLToPath(new URL('start-init.sh', import.meta.url));
/** A download of 28 MB, or the wait for another run that makes it. */
const fetchLimitMs = 150_000;

/**
 * Finds qemu and its kernel, and fetches the kernel where it is not in the cache: the folder `LVSD_QEMU_CACHE`, else
 * `lvsd-qemu` in the user's cache folder. Runs at the same time fetch once. Never throws.
 */
export async function findQemuKernel(
  environment: NodeJS.ProcessEnv = process.env,
  uid = process.geteuid?.() ?? -1,
): Promise<QemuKernel | NoKernel> {
  const emulator = findProgram(['qemu-system-x86_64'], environment);
  // qemu's own, then that of newer systems, which is a package of its own
  const fileServer = findProgram(
    ['/usr/lib/qemu/virtiofsd', '/usr/libexec/virtiofsd', 'virtiofsd'],
    environment,
  );
  const missing = ['modprobe', 'depmod', 'ip', 'nft'].filter(
    (tool) => findProgram([tool], environment) === null,
  );
  if (emulator === null) missing.unshift('qemu-system-x86_64');
  else if (fileServer === null) missing.unshift('virtiofsd');
  if (emulator === null || fileServer === null || missing.length > 0)
    return { reason: `${missing.join(', ')} not installed; cure: ${qemuCure}` };
  if (uid !== 0)
    return { reason: "qemu shows the host's files to its guest only for root; cure: run this as root" };
  const cache = cacheFolder(environment);
  const cached = kernelIn(cache, emulator, fileServer);
  if (cached !== null) return cached;
  const failure = await fetchKernel(cache, environment);
  const fetched = kernelIn(cache, emulator, fileServer);
  if (fetched !== null) return fetched;
  return {
    reason: `no kernel for qemu, and fetching it into ${cache} failed (${failure ?? 'the package has no kernel'}); cure: apt-get update, or a folder with one in LVSD_QEMU_CACHE`,
  };
}

function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const own = environment['LVSD_QEMU_CACHE'];
  if (own !== undefined && own !== '') return own;
  const user = environment['XDG_CACHE_HOME'];
  return join(user !== undefined && user !== '' ? user : join(homedir(), '.cache'), 'lvsd-qemu');
}

function kernelIn(cache: string, emulator: string, fileServer: string): QemuKernel | null {
  const file = (name: string): string => join(cache, 'guest', name);
  if (!existsSync(file('kernel'))) return null;
  const release = readdirSync(file('lib/modules')).sort().at(-1);
  if (release === undefined) return null;
  return {
    emulator,
    fileServer,
    image: file('kernel'),
    startImage: file('start-image'),
    modules: file(`lib/modules/${release}`),
    release,
  };
}

/** The first of `names` that can be run: paths as they are, names in PATH and in the folders of system programs. */
function findProgram(names: readonly string[], environment: NodeJS.ProcessEnv): string | null {
  const folders = [...(environment['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const places = names.flatMap((name) =>
    name.startsWith('/')
      ? [name]
      : folders.filter((folder) => folder !== '').map((folder) => join(folder, name)),
  );
  return places.find(isExecutable) ?? null;
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
    await promisify(execFile)('flock', [join(cache, 'lock'), 'sh', fetchScript, cache, startInit], {
      env: { ...environment, PATH: `${environment['PATH'] ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' },
      timeout: fetchLimitMs,
    });
    return null;
  } catch (error) {
    const output = (error as { stderr?: string }).stderr ?? '';
    const text = output === '' && error instanceof Error ? error.message : output;
    return text.trim().split('\n').at(-1) ?? '';
  }
}
