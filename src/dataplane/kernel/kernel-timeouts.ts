/** The timeouts of the whole network namespace: compared first, set where they differ. */
import { IpvsError } from '../../../native/ipvs/errors.js';
import type { IpvsTable } from '../../../native/ipvs/table.js';
import { DirectorError } from '../../base/errors.js';

/** Seconds. */
export interface KernelTimeouts {
  readonly tcpSec: number;
  readonly tcpFinSec: number;
  readonly udpSec: number;
}

/** What to set; null leaves the kernel's. */
export type WantedTimeouts = { readonly [Name in keyof KernelTimeouts]: number | null };

/** In a request, leaves a timeout as it is. */
const UNCHANGED = 0;

/**
 * Sets those timeouts that differ. Given its own answer, it restores what was before.
 *
 * @returns what was before
 * @throws DirectorError `ERR_TIMEOUTS` when they cannot be read or the kernel refuses a value
 */
export function setTimeouts(table: IpvsTable, wanted: WantedTimeouts): KernelTimeouts {
  try {
    const before = table.timeouts();
    const change = (name: keyof KernelTimeouts): number =>
      wanted[name] === null || wanted[name] === before[name] ? UNCHANGED : wanted[name];
    const timeouts = { tcpSec: change('tcpSec'), tcpFinSec: change('tcpFinSec'), udpSec: change('udpSec') };
    const differs = Object.values(timeouts).some((value) => value !== UNCHANGED);
    if (differs) table.run({ command: 'set-timeouts', timeouts });
    return before;
  } catch (error) {
    if (!(error instanceof IpvsError)) throw error;
    throw new DirectorError(`set timeouts of the kernel's table: ${error.reason}`, {
      code: 'ERR_TIMEOUTS',
      details: { wanted },
      cause: error,
    });
  }
}
