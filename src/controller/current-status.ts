/** How the director stands at this moment: the one snapshot of every face, and whether it is ready. */
import type { Clock } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import type { Dataplane, ObservedTable } from '../dataplane/types.js';
import type { ServiceKey } from '../model/keys.js';
import type { Snapshot } from '../model/snapshot.js';
import type { ServiceStanding } from '../model/standing.js';
import { computeReadiness } from './readiness.js';
import type { RoundRunner } from './round.js';
import type { RoundScheduler } from './round-scheduler.js';
import type { RunningConfig } from './running-config.js';
import { SharedDump } from './shared-dump.js';
import { computeStanding } from './standing.js';
import { buildSnapshot, type SnapshotFrame } from './status.js';

export interface CurrentStatusOptions {
  readonly dataplane: Dataplane;
  readonly clock: Clock;
  readonly config: RunningConfig;
  readonly runner: RoundRunner;
  readonly rounds: RoundScheduler;
  /** Asked anew for every snapshot. */
  readonly frame: () => SnapshotFrame;
  /** Of the snapshot that is drawn. */
  readonly revision: () => number;
}

/** Looks, and changes nothing. */
export class CurrentStatus {
  readonly #options: CurrentStatusOptions;
  readonly #dumps: SharedDump;

  constructor(options: CurrentStatusOptions) {
    this.#options = options;
    this.#dumps = new SharedDump(options.dataplane, options.clock);
  }

  /** Draws the snapshot with counters at most 100 ms old; with the last known ones when the table cannot be read. */
  async draw(): Promise<Snapshot> {
    const { observed, unreadable } = await this.#look();
    const { config, runner, rounds, frame, revision } = this.#options;
    const { listed: services, states, ownership } = config;
    const probes = config.probes.statuses(observed);
    const snapshot = buildSnapshot({
      frame: frame(),
      revision: revision(),
      ready: this.#readiness(unreadable),
      services,
      desired: runner.desired,
      observed,
      verdicts: states.verdicts,
      overrides: states.overrides,
      drains: states.drains,
      maintenance: states.maintenance,
      agents: config.loads.agents,
      leaving: ownership.leaving,
      failures: rounds.failures,
      drift: runner.drift.unrepaired,
      lastPlan: rounds.lastPlan,
    });
    return probes.length === 0 ? snapshot : { ...snapshot, probes };
  }

  /** Whether the director does what its file says, with the reasons, as known without looking at the table. */
  readiness(): Snapshot['ready'] {
    return this.#readiness(this.#options.rounds.unreadable?.message ?? null);
  }

  /** How a service of the file stands, as known without looking at the table; null when the file has none such. */
  standing(key: ServiceKey): ServiceStanding | null {
    const { config, runner, rounds } = this.#options;
    const service = config.listed.get(key);
    if (service === undefined) return null;
    const observed = runner.believed.get(key);
    const failed = rounds.failures.get(key)?.errors.map(({ message }) => message) ?? [];
    return computeStanding({
      service,
      desired: runner.desired.get(key),
      observed,
      errors: [...failed, ...(observed?.faults ?? [])],
      drift: runner.drift.unrepaired.get(key),
      verdicts: config.states.verdicts.get(key),
    });
  }

  #readiness(unreadable: string | null): Snapshot['ready'] {
    const { config, runner, rounds } = this.#options;
    return computeReadiness({
      programmed: rounds.programmed,
      unreadable,
      failures: rounds.failures,
      drift: runner.drift.unrepaired,
      names: config.ownership.services,
      desired: runner.desired,
    });
  }

  async #look(): Promise<{ readonly observed: ObservedTable; readonly unreadable: string | null }> {
    const { runner, rounds } = this.#options;
    try {
      const observed = await this.#dumps.read(runner.version);
      return { observed, unreadable: rounds.unreadable?.message ?? null };
    } catch (thrown) {
      return { observed: runner.believed, unreadable: `read the table: ${reasonOf(thrown)}` };
    }
  }
}
