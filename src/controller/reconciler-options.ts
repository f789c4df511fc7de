/** What a reconciler is given and what it answers. Types alone. */
import type { BackoffSettings } from '../base/backoff.js';
import type { Clock, Random } from '../base/clock.js';
import type { AddressTable, PlannedStep } from '../dataplane/address-table.js';
import type { Dataplane } from '../dataplane/types.js';
import type { Model } from '../model/director.js';
import type { PlanSummary } from '../model/snapshot.js';
import type { EventLog } from './event-log.js';
import type { OwnedTable, SaveOwnership } from './ownership.js';
import type { ProbeMarks } from './probes.js';
import type { RoundResult } from './round-scheduler.js';
import type { LoadsChange, RememberedLoads } from './server-loads.js';
import type { RememberedStates, StatesChange } from './server-states.js';
import type { RememberedServing } from './serving-state.js';
import type { SnapshotFrame } from './status.js';

export interface ReconcilerOptions {
  /** Stays the caller's: `close` does not close it. */
  readonly dataplane: Dataplane;
  /** Where services with `interface:` have their addresses; stays the caller's. Default: they have none of lvsd's. */
  readonly addresses?: AddressTable;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventLog;
  /** The first configuration. */
  readonly model: Model;
  /** What an earlier process owned in this very table; default nothing. */
  readonly owned?: OwnedTable;
  /** Default: forgotten with the process, as the userspace plane's table is. */
  readonly saveOwnership?: SaveOwnership;
  /** What is known of servers from before this start. Of servers that are not in the model it is dropped. */
  readonly states?: Partial<RememberedStates>;
  /** Hears of each verdict and order that is new, carried out or forgotten, after the change and before it is planned. */
  readonly onStates?: (change: StatesChange) => void;
  /** What was decided before this start about who serves, and servers that must not serve yet. */
  readonly serving?: RememberedServing;
  /** Hears that what has to be remembered of that has changed. */
  readonly onServing?: () => void;
  /** What agents said before this start, and servers that began slowly. */
  readonly loads?: RememberedLoads;
  /** Hears that what has to be remembered of that has changed. */
  readonly onLoads?: (change: LoadsChange) => void;
  /** Who gives services for probes of the true path their marks; default: there are no such services. */
  readonly probes?: ProbeMarks;
  /** Asked anew for every snapshot. */
  readonly frame: () => SnapshotFrame;
  /** Between retries of what failed; default 1 s, doubling to 30 s, up to a fifth off at random. */
  readonly backoff?: BackoffSettings;
  /** Hears of every finished round, also of one without steps; for metrics. */
  readonly onRound?: (plan: PlanSummary) => void;
}

/** What became of a change. */
export interface ReconcileResult extends RoundResult {
  readonly revision: number;
}

/** `accepted: false`: the shrink guard objects, and nothing has changed. */
export type ModelResult =
  ({ readonly accepted: true } & ReconcileResult) | { readonly accepted: false; readonly refusal: string };

export interface Preview {
  readonly steps: readonly PlannedStep[];
  /** What speaks against it without `--force`, or null. */
  readonly refusedWithoutForce: string | null;
}
