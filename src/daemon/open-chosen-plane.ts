/** The kernel's plane of this process, where it is asked for. */
import type * as kernelHost from './kernel-host.js';
import type { KernelDataplane } from '../dataplane/kernel/kernel-dataplane.js';
import type { MatchHost } from './match-host.js';
import { chooseDataplane, type AskedPlane, type ChosenDataplane } from './choose-dataplane.js';

/** What the director's parts around the kernel plane are made of. */
export type KernelHost = typeof kernelHost;

export interface OpenedPlane extends ChosenDataplane<KernelDataplane> {
  /** null on the userspace plane. */
  readonly host: KernelHost | null;
  /** To be joined with the director's state; null on the userspace plane. */
  readonly matches: MatchHost | null;
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
    return { ...chooseDataplane(configured, override, unreachable), host: null, matches: null };
  const { openKernelDataplane } = await import('../dataplane/kernel/open.js');
  const { MatchHost } = await import('./match-host.js');
  const matches = new MatchHost();
  const { marks, rules } = matches;
  const chosen = chooseDataplane(configured, override, () => openKernelDataplane({ marks, rules }));
  if (chosen.kernel === null) return { ...chosen, host: null, matches: null };
  return { ...chosen, host: await import('./kernel-host.js'), matches };
}

function unreachable(): never {
  throw new Error('the userspace plane was asked for');
}
