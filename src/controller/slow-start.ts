/**
 * Servers that have come back and get their weight little by little: linear from the beginning to the end of their
 * service's `slow_start`, in steps of a second.
 */
import type { Clock, Timer } from '../base/clock.js';
import type { DesiredService } from '../model/desired-state.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import { dropFact, putFact, type KeptFacts, type ServerFacts } from './facts.js';
import type { ServicesChange } from './services-change.js';

/** Weights are changed no more often, ms. */
export const SLOW_START_STEP_MS = 1000;

/** When a server began, ms since the epoch: what is remembered over a restart. */
export interface SlowStartBegin {
  readonly beganMs: number;
}

export interface SlowStartsOptions {
  readonly clock: Clock;
  /** From an earlier process. */
  readonly before?: ServerFacts<SlowStartBegin> | undefined;
  /** The shares of these services' servers have risen. */
  readonly onStep: (services: readonly ServiceKey[]) => void;
  /** Something is to be remembered. */
  readonly onChange: () => void;
}

interface Running extends SlowStartBegin {
  /** The same by the clock that does not jump. */
  readonly beganAtMs: number;
}

/** Begins nothing by itself; from `start` to `close` it raises shares. */
export class SlowStarts {
  readonly #options: SlowStartsOptions;
  readonly #running: KeptFacts<Running> = new Map();
  /** What the decisions are made of; as of the last step. */
  readonly #shares: KeptFacts<number> = new Map();
  readonly #durations = new Map<ServiceKey, number>();
  #timer: Timer | null = null;
  #started = false;

  constructor(options: SlowStartsOptions) {
    this.#options = options;
    const { clock, before = new Map<ServiceKey, Map<ServerKey, SlowStartBegin>>() } = options;
    const [wallMs, nowMs] = [clock.wallMs(), clock.nowMs()];
    for (const [service, servers] of before)
      for (const [server, { beganMs }] of servers)
        // By a wall clock that was set back it would have begun in the future.
        this.#put(service, server, { beganMs, beganAtMs: nowMs - Math.max(0, wallMs - beganMs) });
  }

  /** A live view: shares of the weight, 0..1, of the servers that are not at their whole weight yet. */
  get shares(): ServerFacts<number> {
    return this.#shares;
  }

  /** A live view. */
  get begins(): ServerFacts<SlowStartBegin> {
    return this.#running;
  }

  /** Follows a configuration: forgets who is not in it or has no slow start any more, and goes by its durations. */
  follow({ services, changed }: ServicesChange): void {
    for (const key of this.#durations.keys()) if (!services.has(key)) this.#durations.delete(key);
    for (const { key, slowStartMs } of changed) {
      if (slowStartMs === undefined) this.#durations.delete(key);
      else this.#durations.set(key, slowStartMs);
    }
    for (const [key, servers] of this.#running) {
      const kept = new Set(services.get(key)?.servers.map((server) => server.key));
      for (const server of servers.keys())
        if (!this.#durations.has(key) || !kept.has(server)) this.#forget(key, server);
    }
    this.#raise();
    this.#arm();
  }

  /** The service has another key from now on. */
  move(from: ServiceKey, to: ServiceKey): void {
    for (const [server, running] of this.#running.get(from) ?? []) {
      this.#forget(from, server);
      this.#put(to, server, running);
    }
  }

  /** Takes over a decision: who comes back begins, who goes has to begin anew. */
  decided({ key, decisions }: Pick<DesiredService, 'key' | 'decisions'>): void {
    if (!this.#durations.has(key)) return;
    const { clock } = this.#options;
    for (const { server, weight, slowStart } of decisions) {
      const running = this.#running.get(key)?.has(server) === true;
      if (running && weight === 0) this.#forget(key, server);
      else if (!running && weight > 0 && slowStart !== undefined)
        this.#begin(key, server, { beganMs: clock.wallMs(), beganAtMs: clock.nowMs() });
    }
    this.#arm();
  }

  start(): void {
    this.#started = true;
    this.#arm();
  }

  /** Idempotent. */
  close(): void {
    this.#started = false;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Brings every share up to this moment; whoever has reached the whole is done. @returns services with a change */
  #raise(): readonly ServiceKey[] {
    const nowMs = this.#options.clock.nowMs();
    const raised = new Set<ServiceKey>();
    for (const [service, servers] of this.#running) {
      const durationMs = this.#durations.get(service);
      if (durationMs === undefined) continue;
      for (const [server, { beganAtMs }] of servers) {
        const share = Math.max(0, (nowMs - beganAtMs) / durationMs);
        if (this.#shares.get(service)?.get(server) === share) continue;
        raised.add(service);
        if (share >= 1) this.#forget(service, server);
        else putFact(this.#shares, service, server, share);
      }
    }
    return [...raised];
  }

  #arm(): void {
    if (!this.#started || this.#timer !== null || this.#running.size === 0) return;
    this.#timer = this.#options.clock.after(SLOW_START_STEP_MS, () => {
      this.#timer = null;
      const raised = this.#raise();
      this.#arm();
      if (raised.length > 0) this.#options.onStep(raised);
    });
  }

  #begin(service: ServiceKey, server: ServerKey, running: Running): void {
    putFact(this.#shares, service, server, 0);
    this.#put(service, server, running);
  }

  #put(service: ServiceKey, server: ServerKey, running: Running): void {
    putFact(this.#running, service, server, running);
    this.#options.onChange();
  }

  #forget(service: ServiceKey, server: ServerKey): void {
    dropFact(this.#shares, service, server);
    dropFact(this.#running, service, server);
    this.#options.onChange();
  }
}
