/** Decides once, at start, which data plane the director drives. */
import { DirectorError } from '../base/errors.js';
import type { DirectorSettings } from '../model/director.js';

/** What the file, or `--dataplane`, may ask for. */
export type AskedPlane = DirectorSettings['dataplane'];

export interface DataplaneChoice {
  readonly kind: 'kernel' | 'proxy';
  /** For people: why this plane. */
  readonly reason: string;
}

/** The choice, and the kernel's plane if that was chosen. */
export interface ChosenDataplane<Kernel> {
  readonly choice: DataplaneChoice;
  readonly kernel: Kernel | null;
}

/**
 * Opens the kernel's plane where it is asked for. `auto` takes it where it can be had.
 *
 * @param configured director.dataplane of the file
 * @param override `--dataplane` of the command line
 * @param openKernel throws DirectorError ERR_NO_KERNEL_PLANE where the kernel cannot
 * @throws DirectorError ERR_NO_KERNEL_PLANE with the operator's next step
 */
export function chooseDataplane<Kernel>(
  configured: AskedPlane,
  override: AskedPlane | undefined,
  openKernel: () => Kernel,
): ChosenDataplane<Kernel> {
  const asked = override ?? configured;
  const reason = override === undefined ? 'configured' : `--dataplane ${override}`;
  if (asked === 'proxy') return { choice: { kind: 'proxy', reason }, kernel: null };
  try {
    const kernel = openKernel();
    return { choice: { kind: 'kernel', reason: asked === 'auto' ? 'auto: the kernel can' : reason }, kernel };
  } catch (error) {
    if (asked !== 'auto' || !isNoKernelPlane(error)) throw error;
    return { choice: { kind: 'proxy', reason: `auto: ${error.message}` }, kernel: null };
  }
}

function isNoKernelPlane(error: unknown): error is DirectorError {
  return error instanceof DirectorError && error.code === 'ERR_NO_KERNEL_PLANE';
}
