/** How health checking itself runs: lateness, standstills, waiting, and how many probes serve how many checks. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { CheckMetrics, CheckResult } from './check-metrics.js';

/** How much is being done, as the runner tells it. */
export interface HealthLoad {
  readonly checks: number;
  readonly probes: number;
  readonly running: number;
  readonly waiting: number;
}

const DELAYS_SEC = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10];

const IDLE: HealthLoad = { checks: 0, probes: 0, running: 0, waiting: 0 };

/** Satisfies what the health runner asks of an observer. */
export class HealthMetrics {
  readonly #checks: CheckMetrics;
  readonly #lag: Histogram;
  readonly #waits: Histogram;
  readonly #stalls: Counter;
  readonly #stalledSec: Counter;
  #load: () => HealthLoad = () => IDLE;

  constructor(registry: Registry, checks: CheckMetrics) {
    const registers = [registry];
    this.#checks = checks;
    this.#lag = new Histogram({
      name: 'lvsd_health_lag_seconds',
      help: 'How much later than planned health probes begin, waiting for their turn included.',
      buckets: DELAYS_SEC,
      registers,
    });
    this.#waits = new Histogram({
      name: 'lvsd_health_queue_wait_seconds',
      help: 'How long health probes wait for their turn (director.health).',
      buckets: DELAYS_SEC,
      registers,
    });
    this.#stalls = new Counter({
      name: 'lvsd_health_stalls_total',
      help: 'Standstills of the director of a second or more.',
      registers,
    });
    this.#stalledSec = new Counter({
      name: 'lvsd_health_stalled_seconds_total',
      help: 'Time in such standstills.',
      registers,
    });
    this.#gauge(registry, 'lvsd_health_checks', 'Checks and agents of servers of services.', 'checks');
    this.#gauge(
      registry,
      'lvsd_health_probes',
      'Probes that serve them; fewer where several ask the same.',
      'probes',
    );
    this.#gauge(registry, 'lvsd_health_probes_running', 'Probes under way.', 'running');
    this.#gauge(registry, 'lvsd_health_probes_waiting', 'Probes that wait for their turn.', 'waiting');
  }

  /** Where the gauges are read from, at each scrape. */
  watch(load: () => HealthLoad): void {
    this.#load = load;
  }

  probed(service: string, server: string, result: CheckResult, durationMs: number): void {
    this.#checks.probed(service, server, result, durationMs);
  }

  forgotten(service: string, server: string): void {
    this.#checks.forgotten(service, server);
  }

  began(lateMs: number, waitedMs: number): void {
    this.#lag.observe(lateMs / 1000);
    this.#waits.observe(waitedMs / 1000);
  }

  stalled(durationMs: number): void {
    this.#stalls.inc();
    this.#stalledSec.inc(durationMs / 1000);
  }

  #gauge(registry: Registry, name: string, help: string, figure: keyof HealthLoad): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect: () => gauge.set(this.#load()[figure]),
    });
  }
}
