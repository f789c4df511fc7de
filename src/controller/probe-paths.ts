/** Ways for probes, opened and ended by rounds: a service for a probe comes into the table and leaves it as any other does. */
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { ProbePath, ProbeTable } from './probes.js';
import type { RoundRunner } from './round.js';
import type { RoundResult, RoundScheduler } from './round-scheduler.js';
import type { RunningConfig } from './running-config.js';

export interface ProbePathsOptions {
  readonly config: RunningConfig;
  readonly runner: Pick<RoundRunner, 'drift' | 'believed'>;
  readonly rounds: Pick<RoundScheduler, 'mark' | 'plan' | 'running' | 'failures'>;
}

/** One a director. */
export class ProbePaths {
  readonly #options: ProbePathsOptions;

  constructor(options: ProbePathsOptions) {
    this.#options = options;
  }

  /** As `Probes.open`. Never rejects. */
  open(service: ServiceKey, server: ServerKey, signal: AbortSignal): Promise<ProbePath> {
    return this.#options.config.probes.open(service, server, this.#table, signal);
  }

  /** Takes the services for probes out of the table, and lets none come again. */
  async end(): Promise<RoundResult> {
    const { config, rounds } = this.#options;
    config.probes.end();
    const gone = config.followProbes();
    for (const key of gone) rounds.mark(key, null);
    return gone.length > 0 && rounds.running ? rounds.plan('probe') : { steps: [], failures: [] };
  }

  readonly #table: ProbeTable = {
    replan: async (change) => {
      const { config, rounds } = this.#options;
      config.changeProbes(change);
      for (const key of [...change.gone, ...change.come.map((service) => service.key)])
        rounds.mark(key, null);
      if (rounds.running) await rounds.plan('probe');
    },
    missing: (key) => {
      const { runner, rounds } = this.#options;
      // What is left to others is believed to be as it ought to be: through what is there now a probe would go astray.
      const left = runner.drift.unrepaired.get(key);
      if (left !== undefined) return { reason: left.message, failed: true };
      if (runner.believed.get(key)?.servers.size === 1) return null;
      const failure = rounds.failures.get(key)?.errors[0]?.message;
      return { reason: failure ?? 'its probe service is not in the table', failed: failure !== undefined };
    },
  };
}
