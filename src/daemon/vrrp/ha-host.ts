/** What instances of VRRP need of this host. */
import { acquireNamespaceLock } from '../state/namespace-lock.js';
import { forkChild } from './forked-child.js';
import type { HaHost } from './ha-side.js';
import { systemHost } from './tracks/host-reader.js';
import { openProcessTable } from './tracks/process-table.js';

/** @param kernel the kernel plane is open, and its side holds the lock of the network namespace */
export function createHaHost(kernel: boolean): HaHost {
  return {
    launch: forkChild,
    tracked: { processes: openProcessTable(), reader: systemHost },
    openRemover: async () => {
      const { VipOwner } = await import('../../ha/vip-owner.js');
      return new VipOwner();
    },
    lock: kernel ? null : () => acquireNamespaceLock(),
  };
}
