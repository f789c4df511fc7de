/** What planning and applying did. */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { PlanSummary } from '../model/snapshot.js';

/** Counts plans as they are finished. */
export class PlanMetrics {
  readonly #steps: Counter<'result'>;
  readonly #duration: Histogram<'trigger'>;

  constructor(registry: Registry) {
    this.#steps = new Counter({
      name: 'lvsd_plan_steps_total',
      help: 'Steps that plans ran on the data plane, by result: ok or failed.',
      labelNames: ['result'],
      registers: [registry],
    });
    this.#duration = new Histogram({
      name: 'lvsd_plan_duration_seconds',
      help: 'Time to plan and apply, by what asked for it; several when more than one did.',
      labelNames: ['trigger'],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
      registers: [registry],
    });
    this.#steps.inc({ result: 'ok' }, 0);
    this.#steps.inc({ result: 'failed' }, 0);
  }

  /** Counts one plan that was applied, also an empty one. */
  finished({ trigger, steps, failed, durationMs }: Omit<PlanSummary, 'atMs'>): void {
    this.#steps.inc({ result: 'ok' }, steps - failed);
    this.#steps.inc({ result: 'failed' }, failed);
    this.#duration.observe({ trigger: triggerLabel(trigger) }, durationMs / 1000);
  }
}

/** Triggers that shared a plan are listed in the order in which they came: too many combinations for series. */
function triggerLabel(trigger: string): string {
  return trigger.includes(',') ? 'several' : trigger;
}
