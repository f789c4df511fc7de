/** From nothing to a kernel plane that has answered once: who may not use it learns that at the start. */
import { IpvsClient } from '../../../native/ipvs/client.js';
import { IpvsError } from '../../../native/ipvs/errors.js';
import type { IpvsTable } from '../../../native/ipvs/table.js';
import { loadModule } from '../../../native/proc/modules.js';
import { readPrivileges, type Privileges } from '../../../native/proc/privileges.js';
import { realClock } from '../../base/clock.js';
import { reasonOf } from '../../base/errors.js';
import { KernelDataplane, type KernelDataplaneOptions } from './kernel-dataplane.js';
import type { LoadModule } from './module-loader.js';
import { openFailure } from './open-failure.js';

const MODULE = 'ip_vs';

/** What opening needs of the machine. */
export interface OpenTableOptions {
  /** Default: the client of this thread's network namespace. */
  readonly openTable?: () => IpvsTable;
  /** Default: modprobe. */
  readonly loadModule?: LoadModule;
  /** Default: those of this process. */
  readonly readPrivileges?: () => Privileges;
}

/** The clock's default is the machine's. */
export type OpenKernelOptions = OpenTableOptions &
  Omit<KernelDataplaneOptions, 'table' | 'clock'> & { readonly clock?: KernelDataplaneOptions['clock'] };

/**
 * Opens the plane of this thread's network namespace, and loads `ip_vs` where it is missing.
 *
 * @throws DirectorError `ERR_NO_KERNEL_PLANE` with what is missing and the operator's next step
 */
export function openKernelDataplane(options: OpenKernelOptions = {}): KernelDataplane {
  return new KernelDataplane({ clock: realClock, ...options, table: openKernelTable(options) });
}

/** As `openKernelDataplane`, the table alone. @throws DirectorError `ERR_NO_KERNEL_PLANE` */
export function openKernelTable(options: OpenTableOptions = {}): IpvsTable {
  const open = options.openTable ?? (() => IpvsClient.open());
  let loading = '';
  try {
    try {
      return answering(open());
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      loading = attempt(options.loadModule ?? loadModule);
      return answering(open());
    }
  } catch (error) {
    throw openFailure(error, loading, options.readPrivileges ?? readPrivileges);
  }
}

/** To find the family needs no privilege, and any question does. */
function answering(table: IpvsTable): IpvsTable {
  try {
    table.info();
    return table;
  } catch (error) {
    table.close();
    throw error;
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof IpvsError && error.code === 'ERR_IPVS_UNAVAILABLE';
}

/** @returns why not; empty when it was loaded */
function attempt(load: LoadModule): string {
  try {
    load(MODULE);
    return '';
  } catch (error) {
    return reasonOf(error);
  }
}
