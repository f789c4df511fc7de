/** The kernel's plane of this process, where it is asked for. */
import type * as kernelHost from './kernel-host.js';
import type { KernelDataplane } from '../dataplane/kernel/kernel-dataplane.js';
import { chooseDataplane, type AskedPlane, type ChosenDataplane } from './choose-dataplane.js';

/** What the director's parts around the kernel plane are made of. */
export type KernelHost = typeof kernelHost;

export interface OpenedPlane extends ChosenDataplane<KernelDataplane> {
  /** null on the userspace plane. */
  readonly host: KernelHost | null;
}

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
): Promise<OpenedPlane> {
  if ((override ?? configured) === 'proxy')
    return { ...chooseDataplane(configured, override, unreachable), host: null };
  const { openKernelDataplane } = await import('../dataplane/kernel/open.js');
  const chosen = chooseDataplane(configured, override, () => openKernelDataplane());
  return { ...chosen, host: chosen.kernel === null ? null : await import('./kernel-host.js') };
}

function unreachable(): never {
  throw new Error('the userspace plane was asked for');
}
