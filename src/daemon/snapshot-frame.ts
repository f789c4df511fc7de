/** What a snapshot says of the director itself. */
import { VERSION } from '../base/version.js';
import type { SnapshotFrame } from '../controller/status.js';
import type { Notices } from '../notices/notices.js';
import type { ConfigLedger } from './config-ledger.js';
import type { HealthSide } from './health-side.js';
import type { LifeStory } from './life-story.js';
import type { Planes } from './planes.js';
import type { StateTroubles } from './state-troubles.js';
import type { HaSide } from './vrrp/ha-side.js';

/** Asked anew for every snapshot. */
export interface FrameSources {
  /** As the director was started: a new name takes effect at the next start, as restart-only.ts says. */
  readonly name: string;
  readonly story: Pick<LifeStory, 'startedAtMs'>;
  readonly troubles: Pick<StateTroubles, 'unwritten'>;
  readonly health: Pick<HealthSide, 'lastStall'>;
  readonly notices: Pick<Notices, 'status'>;
  readonly planes: Pick<Planes, 'choice'>;
  readonly ha: Pick<HaSide, 'status'>;
  readonly ledger: Pick<ConfigLedger, 'status'>;
}

export function drawFrame(sources: FrameSources): SnapshotFrame {
  const { name, story, planes, ledger } = sources;
  const { unwritten } = sources.troubles;
  const { lastStall } = sources.health;
  const notices = sources.notices.status;
  const ha = sources.ha.status;
  return {
    director: {
      name,
      version: VERSION,
      pid: process.pid,
      startedAtMs: story.startedAtMs,
      ...(unwritten.length === 0 ? {} : { unwritten }),
      ...(lastStall === null ? {} : { lastStall }),
      ...(notices.length === 0 ? {} : { notices }),
    },
    dataplane: planes.choice,
    config: ledger.status,
    ...(ha === null ? {} : { ha }),
  };
}
