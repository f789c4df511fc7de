/** The kernel's plane of this process, where it is asked for. */
import type { KernelDataplane } from '../dataplane/kernel/kernel-dataplane.js';
import { chooseDataplane, type AskedPlane, type ChosenDataplane } from './choose-dataplane.js';
import type { KernelSide, KernelSideOptions } from './kernel-side.js';

/** Joins what is around the kernel's table to a director; once for each plane that is opened. */
export type JoinKernel = (options: KernelSideOptions) => KernelSide;

export interface OpenedPlane extends ChosenDataplane<KernelDataplane> {
  /** null on the userspace plane. */
  readonly join: JoinKernel | null;
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
    return { ...chooseDataplane(configured, override, unreachable), join: null };
  const { openKernelDataplane } = await import('../dataplane/kernel/open.js');
  const { MatchHost } = await import('./match-host.js');
  const matches = new MatchHost();
  const { marks, rules } = matches;
  const chosen = chooseDataplane(configured, override, () => openKernelDataplane({ marks, rules }));
  const { kernel } = chosen;
  if (kernel === null) return { ...chosen, join: null };
  const { KernelSide } = await import('./kernel-side.js');
  return { ...chosen, join: (options) => new KernelSide({ kernel, matches }, options) };
}

function unreachable(): never {
  throw new Error('the userspace plane was asked for');
}
