/** A reconciler without a director around it: for one plan or one run. */
import { realClock, realRandom } from '../base/clock.js';
import { VERSION } from '../base/version.js';
import { EventLog } from '../controller/event-log.js';
import type { SaveOwnership } from '../controller/ownership.js';
import { Reconciler } from '../controller/reconciler.js';
import type { AddressTable } from '../dataplane/address-table.js';
import type { Dataplane } from '../dataplane/types.js';
import type { Model } from '../model/director.js';
import { ConfigLedger } from './config-ledger.js';
import type { Remembered } from './director-state.js';

/**
 * Not started, so it has no timers and changes nothing.
 *
 * @param addresses null on the userspace plane
 */
export function idleReconciler(
  dataplane: Dataplane,
  addresses: AddressTable | null,
  model: Model,
  { owned, states, serving, loads }: Remembered,
  saveOwnership?: SaveOwnership,
): Reconciler {
  const clock = realClock;
  const ledger = new ConfigLedger(clock, '', { digest: '', source: 'file' });
  return new Reconciler({
    dataplane,
    ...(addresses === null ? {} : { addresses }),
    clock,
    random: realRandom,
    events: new EventLog(clock),
    model,
    owned,
    states,
    serving,
    loads,
    ...(saveOwnership === undefined ? {} : { saveOwnership }),
    frame: () => ({
      director: {
        name: model.director.name,
        version: VERSION,
        pid: process.pid,
        startedAtMs: clock.wallMs(),
      },
      dataplane: { kind: dataplane.kind, reason: '' },
      config: ledger.status,
    }),
  });
}
