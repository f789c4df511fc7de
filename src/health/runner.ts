/** Keeps one target for each checked server of the configuration, across reloads. Decides nothing about traffic. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Random } from '../base/clock.js';
import type { HealthCheck } from '../model/health-check.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type { Verdict } from '../model/status.js';
import type { VirtualService } from '../model/virtual-service.js';
import { createChecker } from './checkers/create-checker.js';
import { ProbeSlots } from './probe-slots.js';
import { Target, type TargetContext, type OnCounted } from './target.js';
import type { ActiveCheck, MakeChecker, ProbeObserver } from './types.js';

export interface HealthRunnerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Called with every verdict that a counted probe leads to, and from `configure` with that of a server that has no
   * check. Mostly the state is the one before and only reason or time of check is new.
   */
  readonly onVerdict: (service: ServiceKey, server: ServerKey, verdict: Verdict) => void;
  readonly observer?: ProbeObserver;
  /** Default: the checkers of this folder. */
  readonly makeChecker?: MakeChecker;
  /** Probes at once; the others wait, their timeout does not run meanwhile. Default 1024. */
  readonly maxProbes?: number;
}

/** The verdict that an earlier director left about a server; null when there is none to go by. */
export type RememberedVerdict = (service: ServiceKey, server: ServerKey) => Verdict | null;

/** One server of the configuration as the runner remembers it. */
interface Watched {
  /** Names in the file; the observer's labels. */
  readonly serviceName: string;
  readonly serverName: string;
  readonly check: HealthCheck;
  /** null when nothing is probed. */
  readonly target: Target | null;
  /** The target, or one verdict for ever. */
  readonly source: { readonly verdict: Verdict };
}

const DEFAULT_MAX_PROBES = 1024;

/**
 * Watches the servers of all services.
 *
 * Nothing runs before the first `configure`. Single-threaded: callbacks come between two turns of the loop,
 * those of `configure` before it returns.
 */
export class HealthRunner {
  readonly #options: HealthRunnerOptions;
  readonly #context: TargetContext;
  readonly #makeChecker: MakeChecker;
  #watched = new Map<string, Watched>();
  /** Targets that were told to stop and whose last probe has not settled. */
  readonly #stopping = new Set<Promise<void>>();
  #closed = false;

  constructor(options: HealthRunnerOptions) {
    this.#options = options;
    this.#makeChecker = options.makeChecker ?? createChecker;
    this.#context = {
      clock: options.clock,
      random: options.random,
      slots: new ProbeSlots(options.maxProbes ?? DEFAULT_MAX_PROBES),
    };
  }

  /**
   * Makes the set of watched servers that of `services`, in place.
   *
   * A server is the same one when its service's key and its own key are the same. With an equal check it keeps
   * verdict, count and schedule; with another check it keeps verdict and count and is probed soon. A new server is
   * `up`, "not checked yet", and is probed within a second. Does nothing after `close`.
   *
   * @param remembered the verdict from which a new server goes on instead, if there is one: its check has to change it
   *   as it would have to without a restart. `onVerdict` hears of it with the next probe, not before.
   */
  configure(services: readonly VirtualService[], remembered: RememberedVerdict = () => null): void {
    if (this.#closed) return;
    const previous = this.#watched;
    const gone = new Map(previous);
    this.#watched = new Map();
    for (const service of services) {
      for (const server of service.servers) {
        const key = watchKey(service.key, server.key);
        gone.delete(key);
        const watched = this.#watch(previous.get(key), service, server);
        this.#watched.set(key, watched);
        const verdict = previous.has(key) ? null : remembered(service.key, server.key);
        if (verdict !== null) watched.target?.resume(verdict);
      }
    }
    for (const watched of gone.values()) this.#release(watched);
  }

  /** The current opinion; null when the server is not in the last configuration. */
  verdict(service: ServiceKey, server: ServerKey): Verdict | null {
    return this.#watched.get(watchKey(service, server))?.source.verdict ?? null;
  }

  /** Aborts all probes; resolves when every one has settled. Verdicts stay readable. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { target } of this.#watched.values()) this.#stop(target);
    await Promise.all(this.#stopping);
  }

  #watch(previous: Watched | undefined, service: VirtualService, server: RealServer): Watched {
    const { check } = service;
    const names = { serviceName: service.name, serverName: server.name };
    const sameCheck = previous !== undefined && isDeepStrictEqual(previous.check, check);
    if (previous !== undefined && (check.type === 'none' || !sameNames(previous, names)))
      this.#forget(previous);
    if (sameCheck) return { ...previous, ...names };
    if (check.type === 'none') return { ...names, check, ...this.#unwatch(previous, service, server) };
    const target = this.#aim(previous?.target ?? null, check, service, server);
    return { ...names, check, target, source: target };
  }

  /** The target of an active check: the one that is there, edited, or a new one. */
  #aim(previous: Target | null, check: ActiveCheck, service: VirtualService, server: RealServer): Target {
    const checker = this.#makeChecker(check, server);
    if (previous !== null) {
      previous.edit(checker, check.timing);
      return previous;
    }
    const target = new Target(this.#context, this.#onCounted(service.key, server.key), checker, check.timing);
    target.start();
    return target;
  }

  /** A server without a check is up; one that had failed its former check comes back by that. */
  #unwatch(
    previous: Watched | undefined,
    service: VirtualService,
    server: RealServer,
  ): Pick<Watched, 'target' | 'source'> {
    const before = previous?.source.verdict;
    this.#stop(previous?.target ?? null);
    const wallMs = this.#context.clock.wallMs();
    const sinceMs = before?.state === 'up' ? before.sinceMs : wallMs;
    const reason = 'no check configured';
    const verdict: Verdict = { state: 'up', countsAs: 'up', reason, sinceMs, checkedAtMs: null };
    this.#options.onVerdict(service.key, server.key, verdict);
    return { target: null, source: { verdict } };
  }

  #onCounted(service: ServiceKey, server: ServerKey): OnCounted {
    const key = watchKey(service, server);
    return ({ outcome, durationMs }, verdict) => {
      const watched = this.#watched.get(key);
      if (watched === undefined) return;
      this.#options.observer?.probed(watched.serviceName, watched.serverName, outcome, durationMs);
      this.#options.onVerdict(service, server, verdict);
    };
  }

  #release(watched: Watched): void {
    this.#stop(watched.target);
    this.#forget(watched);
  }

  #forget({ target, serviceName, serverName }: Watched): void {
    if (target !== null) this.#options.observer?.forgotten(serviceName, serverName);
  }

  #stop(target: Target | null): void {
    if (target === null) return;
    const stopped = target.stop().finally(() => this.#stopping.delete(stopped));
    this.#stopping.add(stopped);
  }
}

function sameNames(a: Pick<Watched, 'serviceName' | 'serverName'>, b: typeof a): boolean {
  return a.serviceName === b.serviceName && a.serverName === b.serverName;
}

function watchKey(service: ServiceKey, server: ServerKey): string {
  return `${service} ${server}`;
}
