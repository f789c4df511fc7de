/** The health checks of a director, joined to who goes by them: verdicts, agents and standstills each to where it belongs. */
import type { Clock, Random } from '../base/clock.js';
import type { EventLog } from '../controller/event-log.js';
import type { Reconciler } from '../controller/reconciler.js';
import { createChecker } from '../health/checkers/create-checker.js';
import { systemTools } from '../health/checkers/tools.js';
import { ExternalResults } from '../health/external-results.js';
import { HealthRunner, type HealthFigures } from '../health/runner.js';
import type { Stall } from '../health/stall-watch.js';
import type { ProbeObserver } from '../health/types.js';
import type { DirectorSettings, Model } from '../model/director.js';
import { StallAlarm } from './stall-alarm.js';
import type { StandingRecorder } from './standing-recorder.js';
import { createTruePaths } from './true-paths.js';
import type { TrackSide } from './vrrp/tracks/track-side.js';

export interface HealthSideOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventLog;
  readonly reconciler: Pick<Reconciler, 'setVerdict' | 'setAgent' | 'openProbePath' | 'states' | 'loads'>;
  readonly recorder: Pick<StandingRecorder, 'verdict'>;
  readonly observer: ProbeObserver;
  /** Checks that instances depend on are made as those of services. */
  readonly tracks: Pick<TrackSide, 'checked' | 'verdict'>;
  readonly limits: DirectorSettings['health'];
}

/** Asks nobody before `follow`. */
export class HealthSide {
  /** Told by the control socket. */
  readonly externalResults: ExternalResults;
  readonly #reconciler: HealthSideOptions['reconciler'];
  readonly #tracks: HealthSideOptions['tracks'];
  readonly #runner: HealthRunner;

  constructor(options: HealthSideOptions) {
    const { clock, random, events, reconciler, recorder, observer, tracks, limits } = options;
    this.externalResults = new ExternalResults(clock);
    this.#reconciler = reconciler;
    this.#tracks = tracks;
    const stalls = new StallAlarm(clock, events);
    const paths = createTruePaths(clock, reconciler);
    const tools = { ...systemTools, clock, random, external: this.externalResults, paths };
    this.#runner = new HealthRunner({
      clock,
      random,
      makeChecker: (check, server) => createChecker(check, server, tools),
      onVerdict: (service, server, verdict) => {
        if (tracks.verdict(service, verdict)) return;
        reconciler.setVerdict(service, server, verdict);
        recorder.verdict(service, server, verdict);
      },
      onAgent: (service, server, report) => reconciler.setAgent(service, server, report),
      onStall: (stall) => stalls.stalled(stall),
      observer,
      limits,
    });
  }

  /** How much is being asked. */
  get figures(): HealthFigures {
    return this.#runner.figures;
  }

  /** When the director itself last stood still. */
  get lastStall(): Stall | null {
    return this.#runner.lastStall;
  }

  /**
   * Asks what the configuration says, in place. What is new to the checks goes on from what the reconciler knows of it:
   * from before a restart, or from when its service had another address.
   */
  follow({ services, director }: Model): void {
    const { states, loads } = this.#reconciler;
    this.#runner.setLimits(director.health);
    this.#runner.configure(
      [...services, ...this.#tracks.checked],
      (service, server) => states.verdicts.get(service)?.get(server) ?? null,
      (service, server) => loads.agents.get(service)?.get(server) ?? null,
    );
  }

  /** Ends all checks. Idempotent and awaited. */
  close(): Promise<void> {
    return this.#runner.close();
  }
}
