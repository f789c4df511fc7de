/** The second kernel of the tests: Debian's cloud kernel under qemu, newer than user-mode-linux's and with nf_tables. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, fetchInto, findProgram } from '../host-tools.js';
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
  const cache = cacheFolder('LVSD_QEMU_CACHE', 'lvsd-qemu', environment);
  const cached = kernelIn(cache, emulator, fileServer);
  if (cached !== null) return cached;
  const failure = await fetchInto(cache, fetchScript, [startInit], environment);
  const fetched = kernelIn(cache, emulator, fileServer);
  if (fetched !== null) return fetched;
  return {
    reason: `no kernel for qemu, and fetching it into ${cache} failed (${failure ?? 'the package has no kernel'}); cure: apt-get update, or a folder with one in LVSD_QEMU_CACHE`,
  };
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
