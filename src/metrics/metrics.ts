/** All metrics of one director: those that are counted as things happen, and those read from the snapshot. */
import { Registry } from 'prom-client';
import type { Clock } from '../base/clock.js';
import type { Snapshot } from '../model/snapshot.js';
import { AvailabilityMetrics } from './availability-metrics.js';
import { CheckMetrics } from './check-metrics.js';
import { inChunks } from './chunks.js';
import { ContinuousTotals } from './continuous-totals.js';
import { EventLoopLag } from './event-loop-lag.js';
import { exposeSnapshot } from './exposition.js';
import { HaMetrics } from './ha.js';
import { HealthMetrics } from './health-metrics.js';
import { NoticeMetrics } from './notice-metrics.js';
import { PlanMetrics } from './plan-metrics.js';
import { registerProcessMetrics } from './process-metrics.js';

/**
 * One a director.
 *
 * Small families live in a registry of its own, families by service and server are streamed. Nobody needs a Metrics
 * to work: what feeds it takes its groups as optional observers.
 */
export class Metrics {
  /** Hears of health checks. */
  readonly checks = new CheckMetrics();
  /** Hears of how health checking runs, and passes on what `checks` has to hear. */
  readonly health: HealthMetrics;
  /** Asks for availability. */
  readonly availability = new AvailabilityMetrics();
  /** Hears of plans. */
  readonly plans: PlanMetrics;
  /** Reads how notices fare. */
  readonly notices: NoticeMetrics;
  /** Reads the roles of instances. */
  readonly ha: HaMetrics;
  readonly #clock: Clock;
  readonly #registry = new Registry();
  readonly #totals = new ContinuousTotals();
  readonly #lag: EventLoopLag;

  constructor(options: { readonly clock: Clock }) {
    this.#clock = options.clock;
    this.health = new HealthMetrics(this.#registry, this.checks);
    this.plans = new PlanMetrics(this.#registry);
    this.notices = new NoticeMetrics(this.#registry);
    this.ha = new HaMetrics(this.#registry);
    this.#lag = new EventLoopLag(options.clock, this.#registry);
    registerProcessMetrics(this.#registry);
  }

  /** Begins to sample the event loop's lag. */
  start(): void {
    this.#lag.start();
  }

  /** Ends the sampling. Idempotent. */
  close(): void {
    this.#lag.close();
  }

  /**
   * Everything in Prometheus text format 0.0.4, in chunks of about 16 KiB; lets the loop turn every 5 ms.
   *
   * Pass snapshots in the order in which they were taken. Answers may overlap. A reader may leave early.
   */
  write(snapshot: Snapshot): AsyncGenerator<string, void> {
    // The round begins now and not when the first chunk is asked for: rounds must have the order of the snapshots.
    return this.#write(exposeSnapshot(snapshot, this.#totals, this.#totals.begin()));
  }

  async *#write(ofSnapshot: Iterable<string>): AsyncGenerator<string, void> {
    yield await this.#registry.metrics();
    yield* inChunks(
      oneAfterTheOther(ofSnapshot, this.checks.expose(), this.availability.expose()),
      this.#clock,
    );
  }
}

/** As one source, so that a turn of the loop does not begin anew between two. */
function* oneAfterTheOther(...sources: readonly Iterable<string>[]): Generator<string, void> {
  for (const source of sources) yield* source;
}
