/** Two data planes as one: each service is served by the plane that its steps name. */
import { closeAll } from '../../base/close-all.js';
import { reasonOf } from '../../base/errors.js';
import type { ServiceKey } from '../../model/keys.js';
import type { ServicePlane } from '../../model/virtual-service.js';
import {
  StepError,
  type ConnectionFilter,
  type ConnectionRecord,
  type Dataplane,
  type ObservedService,
  type ObservedTable,
  type Step,
  type StepResult,
} from '../types.js';

export interface CompositePlanes {
  readonly kernel: Dataplane;
  readonly proxy: Dataplane;
}

/** A step and its place in the batch. */
interface Placed {
  readonly step: Step;
  readonly index: number;
}

/**
 * Routes by `TableService.plane`, whose default is the kernel, and marks what it observes likewise.
 *
 * Where both planes have a service of one key the kernel's is the one that is observed, for it takes the packets.
 */
export class CompositeDataplane implements Dataplane {
  readonly kind = 'composite';
  readonly #planes: CompositePlanes;

  constructor(planes: CompositePlanes) {
    this.#planes = planes;
  }

  async observe(keys?: ReadonlySet<ServiceKey>): Promise<ObservedTable> {
    const { kernel, proxy } = this.#planes;
    const [ofKernel, ofProxy] = await Promise.all([kernel.observe(keys), proxy.observe(keys)]);
    const table = new Map<ServiceKey, ObservedService>();
    for (const [key, service] of ofKernel) table.set(key, { ...service, plane: 'kernel' });
    for (const [key, service] of ofProxy) if (!table.has(key)) table.set(key, { ...service, plane: 'proxy' });
    return table;
  }

  /**
   * Services are deleted before anything else of a batch begins, so one that moves is never on both planes; where it could
   * not be deleted it is not made on the other one either.
   */
  async apply(steps: readonly Step[]): Promise<readonly StepResult[]> {
    const results: StepResult[] = [];
    const deletions: Placed[] = [];
    const others: Placed[] = [];
    steps.forEach((step, index) =>
      (step.kind === 'delete-service' ? deletions : others).push({ step, index }),
    );
    await this.#run(deletions, results);
    const stuck = new Map<ServiceKey, StepError>();
    for (const { step, index } of deletions) {
      const result = results[index];
      if (result?.ok === false) stuck.set(step.service.key, result.error);
    }
    const movable: Placed[] = [];
    for (const placed of others) {
      const cause = stuck.get(placed.step.service.key);
      if (cause === undefined) movable.push(placed);
      else results[placed.index] = failure(placed.step, 'the service could not leave its plane', cause);
    }
    await this.#run(movable, results);
    return results;
  }

  async *connections(filter: ConnectionFilter): AsyncGenerator<ConnectionRecord, void> {
    yield* this.#planes.kernel.connections(filter);
    yield* this.#planes.proxy.connections(filter);
  }

  close(): Promise<void> {
    return closeAll([() => this.#planes.proxy.close(), () => this.#planes.kernel.close()]);
  }

  async #run(batch: readonly Placed[], results: StepResult[]): Promise<void> {
    const planes = ['kernel', 'proxy'] as const;
    await Promise.all(
      planes.map((plane) =>
        this.#runOn(
          plane,
          batch.filter(({ step }) => (step.service.plane ?? 'kernel') === plane),
          results,
        ),
      ),
    );
  }

  async #runOn(plane: ServicePlane, batch: readonly Placed[], results: StepResult[]): Promise<void> {
    if (batch.length === 0) return;
    let answers: readonly StepResult[] = [];
    let cause: unknown;
    try {
      answers = await this.#planes[plane].apply(batch.map(({ step }) => step));
    } catch (thrown) {
      cause = thrown;
    }
    batch.forEach(({ step, index }, place) => {
      results[index] = answers[place] ?? failure(step, `the ${plane} plane gave no result`, cause);
    });
  }
}

function failure(step: Step, reason: string, cause: unknown): StepResult {
  const detail = cause === undefined ? reason : `${reason}: ${reasonOf(cause)}`;
  return { ok: false, error: StepError.of(step, detail, { code: 'ERR_STEP', retryable: true, cause }) };
}
