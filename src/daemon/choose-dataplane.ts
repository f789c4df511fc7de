/** Decides once, at start, which data plane the director drives. Pure. */
import { DirectorError } from '../base/errors.js';
import type { DirectorSettings } from '../model/director.js';

export interface DataplaneChoice {
  readonly kind: 'proxy';
  /** For people: why this plane. */
  readonly reason: string;
}

/**
 * @param configured director.dataplane of the file
 * @param override `--dataplane` of the command line
 * @throws DirectorError ERR_NO_KERNEL_PLANE with the operator's next step
 */
export function chooseDataplane(
  configured: DirectorSettings['dataplane'],
  override: 'proxy' | undefined,
): DataplaneChoice {
  if (override === 'proxy') return { kind: 'proxy', reason: '--dataplane proxy' };
  if (configured === 'proxy') return { kind: 'proxy', reason: 'configured' };
  if (configured === 'auto') {
    return { kind: 'proxy', reason: 'auto: this version has no kernel data plane' };
  }
  throw new DirectorError(
    'start data plane kernel: this version of lvsd has only the userspace plane; ' +
      'set director.dataplane to proxy, or run with --dataplane proxy',
    { code: 'ERR_NO_KERNEL_PLANE', details: { configured } },
  );
}
