/** By which kernel's rules `lvsd simulate` deals, and how its output says so. */
import type { ProbedGeneration } from '../host/kernel-generation.js';
import type { KernelGeneration } from '../model/kernel-generation.js';

/** Rules that stand in for those of a kernel that cannot be asked: those of most kernels, and of the userspace plane. */
const ASSUMED: KernelGeneration = 'classic';

/** The rules of one simulation. */
export interface SimulatedGeneration {
  readonly name: KernelGeneration;
  /** `assumed` because this kernel's are unknown. */
  readonly source: 'option' | 'kernel' | 'assumed';
  /** Why they are unknown; null where they are not assumed. */
  readonly reason: string | null;
}

/**
 * Decides: the option wins, then the running kernel.
 *
 * @param probe asks the running kernel; not called where the option says it
 */
export async function simulatedGeneration(
  option: KernelGeneration | undefined,
  probe: () => ProbedGeneration | Promise<ProbedGeneration>,
): Promise<SimulatedGeneration> {
  if (option !== undefined) return { name: option, source: 'option', reason: null };
  const probed = await probe();
  return probed.generation === 'unknown'
    ? { name: ASSUMED, source: 'assumed', reason: probed.reason }
    : { name: probed.generation, source: 'kernel', reason: null };
}

/** One line for people. */
export function generationLine({ name, source, reason }: SimulatedGeneration): string {
  switch (source) {
    case 'option':
      return `Kernel generation: ${name}, as asked for.`;
    case 'kernel':
      return `Kernel generation: ${name}, that of the running kernel.`;
    case 'assumed':
      return `Kernel generation: unknown (${reason ?? ''}); ${name} is assumed, --generation NAME decides.`;
  }
}
