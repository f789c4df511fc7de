/** The kernel's plane of this process, where it is asked for. */
import type { KernelDataplane } from '../dataplane/kernel/kernel-dataplane.js';
import { chooseDataplane, type AskedPlane, type ChosenDataplane } from './choose-dataplane.js';

/**
 * Opens what is asked for. The bindings are loaded only then: the userspace plane runs where they cannot.
 *
 * @param configured director.dataplane of the file
 * @param override `--dataplane` of the command line
 * @throws DirectorError ERR_NO_KERNEL_PLANE with the operator's next step
 */
export async function openChosenPlane(
  configured: AskedPlane,
  override: AskedPlane | undefined,
): Promise<ChosenDataplane<KernelDataplane>> {
  if ((override ?? configured) === 'proxy') return chooseDataplane(configured, override, unreachable);
  const { openKernelDataplane } = await import('../dataplane/kernel/open.js');
  return chooseDataplane(configured, override, () => openKernelDataplane());
}

function unreachable(): never {
  throw new Error('the userspace plane was asked for');
}
