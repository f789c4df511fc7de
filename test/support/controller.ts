/** A reconciler with everything around it faked. */
import { EventLog } from '../../src/controller/event-log.js';
import { Reconciler } from '../../src/controller/reconciler.js';
import type { ReconcilerOptions } from '../../src/controller/reconciler-options.js';
import type { SnapshotFrame } from '../../src/controller/status.js';
import type { Dataplane } from '../../src/dataplane/types.js';
import type { DirectorEvent } from '../../src/model/event.js';
import type { Model } from '../../src/model/director.js';
import { FakeClock } from './fake-clock.js';
import { FakeDataplane } from './fake-dataplane.js';

export const FRAME: SnapshotFrame = {
  director: { name: 'director-a', version: '0.1.0', pid: 1, startedAtMs: 1000 },
  dataplane: { kind: 'fake', reason: 'configured' },
  config: {
    file: '/etc/lvsd/lvsd.yaml',
    revision: 1,
    digest: '0123456789ab',
    loadedAtMs: 1000,
    source: 'file',
    lastReload: null,
    reloads: { accepted: 1, refused: 0 },
  },
};

export interface ControllerRig {
  readonly reconciler: Reconciler;
  readonly plane: FakeDataplane;
  readonly clock: FakeClock;
  readonly events: EventLog;
  /** Every event so far. */
  readonly story: () => readonly DirectorEvent[];
}

/**
 * Not started. Back-off is 1 s, doubling to 30 s, without jitter.
 *
 * @param before what is there from an earlier process
 */
export function controllerRig(
  model: Model,
  kind: Dataplane['kind'] = 'fake',
  before: Pick<
    ReconcilerOptions,
    'addresses' | 'owned' | 'states' | 'serving' | 'loads' | 'probes' | 'saveOwnership' | 'onStates'
  > & {
    readonly plane?: FakeDataplane;
  } = {},
): ControllerRig {
  const clock = new FakeClock();
  const { plane = new FakeDataplane(kind), ...outlived } = before;
  const events = new EventLog(clock, { capacity: 100_000 });
  const backoff = { firstMs: 1000, factor: 2, capMs: 30_000, jitter: 0 };
  const frame = (): SnapshotFrame => FRAME;
  const reconciler = new Reconciler({
    dataplane: plane,
    clock,
    random: () => 0,
    events,
    model,
    frame,
    backoff,
    ...outlived,
  });
  return { reconciler, plane, clock, events, story: () => events.since(0).events };
}
