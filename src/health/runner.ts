/** Keeps the checks of all servers running, across reloads, and says what they come to. Decides nothing about traffic. */
import type { Clock, Random } from '../base/clock.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type { Verdict } from '../model/status.js';
import { wantedRole } from '../model/wanted-role.js';
import { Agenda } from './agenda.js';
import { Agents, type OnAgent, type RememberedAgent } from './agents.js';
import { createChecker } from './checkers/create-checker.js';
import { CheckWatch } from './check-watch.js';
import { ProbeGate, type ProbeLimits } from './probe-gate.js';
import { checkLabels, probeKey, roleTarget } from './probe-key.js';
import type { ProberContext } from './prober.js';
import { ProberPool } from './prober-pool.js';
import { RoleCalls } from './role-calls.js';
import { RoleWatch } from './role-watch.js';
import { ServerWatch, type WatchedCheck } from './server-watch.js';
import { phaseOf } from './spread.js';
import { StallWatch, type Stall } from './stall-watch.js';
import type { TimedResult } from './timed-probe.js';
import type { ActiveCheck, CheckedService, MakeChecker, ProbeObserver } from './types.js';

export interface HealthRunnerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Called with every verdict that a counted probe leads to, with one that nobody knows any more, and from `configure`
   * when an edit changes a verdict. Mostly the state is the one before and only reason or time of check is new.
   */
  readonly onVerdict: (service: ServiceKey, server: ServerKey, verdict: Verdict) => void;
  /** Called with what each agent says, and when one is silent for too long; null: it is asked no more. */
  readonly onAgent?: OnAgent;
  /** The director itself stood still for a second or more. */
  readonly onStall?: (stall: Stall) => void;
  readonly observer?: ProbeObserver;
  /** Default: the checkers of this folder. */
  readonly makeChecker?: MakeChecker;
  /** Default: 1024 probes at once, 10,000 a second. */
  readonly limits?: ProbeLimits;
  /** A probe's place in time, [0, 1), by its key. Default: a hash. */
  readonly phaseOf?: (probeKey: string) => number;
}

/** The verdict that an earlier director left about a server; null when there is none to go by. */
export type RememberedVerdict = (service: ServiceKey, server: ServerKey) => Verdict | null;

/** How much is being done. */
export interface HealthFigures {
  /** Checks of servers of services. */
  readonly checks: number;
  /** Probes that serve them; fewer where several ask the same. */
  readonly probes: number;
  /** Probes under way. */
  readonly running: number;
  /** Probes that wait for their turn. */
  readonly waiting: number;
}

/** One server of the configuration as the runner remembers it. */
interface Watched {
  /** Names in the file; the observer's labels. */
  readonly serviceName: string;
  readonly server: RealServer;
  readonly watch: ServerWatch;
}

interface WatchedService {
  readonly service: CheckedService;
  readonly servers: ReadonlyMap<ServerKey, Watched>;
}

export const DEFAULT_LIMITS: ProbeLimits = { maxProbes: 1024, maxRate: 10_000 };

/** Opinions are looked at so often whether they are too old, ms. */
const SWEEP_MS = 1000;

/**
 * Watches the servers of all services.
 *
 * Nothing runs before the first `configure`. Single-threaded: callbacks come between two turns of the loop,
 * those of `configure` before it returns.
 */
export class HealthRunner {
  readonly #options: HealthRunnerOptions;
  readonly #stalls: StallWatch;
  readonly #agenda: Agenda;
  readonly #sweep;
  readonly #gate: ProbeGate;
  readonly #pool: ProberPool;
  readonly #agents: Agents;
  readonly #calls: RoleCalls;
  /** See `RoleReport`. */
  #moment = 0;
  #services = new Map<ServiceKey, WatchedService>();
  #lastStall: Stall | null = null;
  /** By the clock that does not jump. */
  #stalledAtMs = -Infinity;
  #closed = false;

  constructor(options: HealthRunnerOptions) {
    const { clock, random, observer } = options;
    this.#options = options;
    this.#stalls = new StallWatch(clock, (stall) => this.#stalled(stall));
    this.#agenda = new Agenda(clock, () => this.#stalls.look());
    this.#sweep = this.#agenda.alarm(() => this.#forgetOverdue());
    this.#gate = new ProbeGate(clock, this.#agenda, options.limits ?? DEFAULT_LIMITS);
    this.#calls = new RoleCalls(clock, this.#agenda, () => this.#services.values());
    const shared = { clock, random, agenda: this.#agenda, stalls: this.#stalls, gate: this.#gate };
    const nextMoment = (): number => ++this.#moment;
    const context: ProberContext = { ...shared, nextMoment, observer };
    this.#pool = new ProberPool(context, options.makeChecker ?? createChecker, options.phaseOf ?? phaseOf);
    const onAgent = options.onAgent ?? (() => undefined);
    this.#agents = new Agents({ clock, stalls: this.#stalls, pool: this.#pool, onAgent });
  }

  /**
   * Makes the set of watched servers that of `services`, in place. A service that is the very object of before costs
   * nothing.
   *
   * A server is the same one when its service's key and its own key are the same, and so is a check when it asks the
   * same, else when it stands at the same place. What is the same keeps verdict and count; an edited check is probed
   * soon. A check that is added to a server takes it for what it counts as. A new server is unknown, counts as its
   * service's `initial`, and is probed within a second, or later where thousands begin together. Does nothing after
   * `close`.
   *
   * @param remembered the verdict from which a new server goes on instead, if there is one: its checks have to change it
   *   as they would have to without a restart. `onVerdict` hears of it with the next probe, not before.
   * @param rememberedAgent what an agent that is new to the runner has said, if that is known
   */
  configure(
    services: readonly CheckedService[],
    remembered: RememberedVerdict = () => null,
    rememberedAgent: RememberedAgent = () => null,
  ): void {
    if (this.#closed) return;
    const previous = this.#services;
    this.#services = new Map();
    for (const service of services) {
      const before = previous.get(service.key);
      const same = before?.service === service ? before : this.#follow(service, before, remembered);
      this.#services.set(service.key, same);
    }
    for (const [key, before] of previous) {
      const after = this.#services.get(key);
      if (after === before) continue;
      for (const [server, watched] of before.servers)
        if (after?.servers.has(server) !== true) this.#release(watched);
    }
    this.#agents.follow(services, rememberedAgent);
    this.#pool.beginNew();
    if (this.#pool.probes > 0) this.#turn();
    else this.#rest();
  }

  /** Limits of all probes together; those that run already go on. */
  setLimits(limits: ProbeLimits): void {
    this.#gate.setLimits(limits);
  }

  /** The current opinion; null when the server is not in the last configuration. */
  verdict(service: ServiceKey, server: ServerKey): Verdict | null {
    return this.#services.get(service)?.servers.get(server)?.watch.verdict ?? null;
  }

  get figures(): HealthFigures {
    const { checks, probes } = this.#pool;
    const { running, waiting } = this.#gate;
    return { checks, probes, running, waiting };
  }

  /** The last standstill of the director of a second or more; null when there was none. */
  get lastStall(): Stall | null {
    return this.#lastStall;
  }

  /** Aborts all probes; resolves when every one has settled. Verdicts stay readable. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#calls.close();
    this.#rest();
    await this.#pool.close();
  }

  #follow(
    service: CheckedService,
    before: WatchedService | undefined,
    remembered: RememberedVerdict,
  ): WatchedService {
    const labels = checkLabels(service.checks);
    const servers = new Map<ServerKey, Watched>();
    for (const server of service.servers) {
      const known = before?.servers.get(server.key);
      const watched = { serviceName: service.name, server, watch: this.#watchOf(known, service) };
      servers.set(server.key, watched);
      if (known !== undefined && isForgotten(known, watched, service)) this.#forget(known);
      const left =
        known === undefined && service.checks.length > 0 ? remembered(service.key, server.key) : null;
      this.#watch(watched, service, labels, left);
    }
    return { service, servers };
  }

  #watchOf(known: Watched | undefined, { initial }: CheckedService): ServerWatch {
    return known?.watch ?? new ServerWatch(this.#options.clock, initial);
  }

  #watch(
    { server, watch }: Watched,
    service: CheckedService,
    labels: readonly string[],
    left: Verdict | null,
  ): void {
    if (left !== null) watch.resume(left);
    const before = [...watch.checks];
    const keys = service.checks.map((check) => probeKey(check, server));
    const found = matchChecks(before, keys);
    const after = service.checks.map((check, index): WatchedCheck => {
      const known = found[index];
      const at = { key: keys[index] ?? '', label: labels[index] ?? '' };
      return known === undefined
        ? this.#newCheck(check, server, service, at, watch, left)
        : this.#editedCheck(known, check, server, at);
    });
    for (const check of before)
      if (!after.some(({ watch: kept }) => kept === check.watch))
        this.#pool.leave(check.probeKey, check.watch);
    const changed = watch.follow(after, service.requiredChecks);
    const wasChecked = before.length > 0;
    const tells = after.length === 0 ? changed || wasChecked : changed && wasChecked;
    if (tells && left === null) this.#options.onVerdict(service.key, server.key, watch.verdict);
  }

  #newCheck(
    check: ActiveCheck,
    server: RealServer,
    service: CheckedService,
    { key, label }: { readonly key: string; readonly label: string },
    owner: ServerWatch,
    left: Verdict | null,
  ): WatchedCheck {
    const { clock } = this.#options;
    const wanted = wantedRole(check);
    const taker = new CheckWatch(
      (probe, claims) => this.#taken(service.key, server.key, probe, claims ? taker : null),
      check.timing,
      owner.verdict.byRole === true ? 'up' : owner.verdict.countsAs,
      () => clock.nowMs(),
      new RoleWatch(clock, wanted),
    );
    if (left !== null) {
      const load = tellsLoad(check) ? left.load : undefined;
      taker.resume(left.countsAs, left.state !== 'unknown', left.reason, load);
      taker.resumeRole(left);
      // What was heard before must not seem to have been heard later.
      this.#moment = Math.max(this.#moment, left.role?.heard ?? 0);
    }
    const roleOf = wanted === null ? null : roleTarget(check, server);
    return { label, probeKey: key, roleOf, watch: taker, prober: this.#pool.join(key, check, server, taker) };
  }

  #editedCheck(
    known: WatchedCheck,
    check: ActiveCheck,
    server: RealServer,
    { key, label }: { readonly key: string; readonly label: string },
  ): WatchedCheck {
    const { watch } = known;
    const wanted = wantedRole(check);
    const roleOf = wanted === null ? null : roleTarget(check, server);
    watch.want(wanted);
    if (known.probeKey !== key) {
      this.#pool.leave(known.probeKey, watch);
      watch.edit(check.timing);
      watch.forgetLoad();
      return { label, probeKey: key, roleOf, watch, prober: this.#pool.join(key, check, server, watch) };
    }
    if (watch.edit(check.timing)) known.prober.edited(watch);
    return { ...known, label, roleOf };
  }

  #taken(
    service: ServiceKey,
    server: ServerKey,
    { outcome, durationMs }: TimedResult,
    claiming: CheckWatch | null,
  ): void {
    const watched = this.#services.get(service);
    const at = watched?.servers.get(server);
    if (watched === undefined || at === undefined) return;
    this.#options.observer?.probed(at.serviceName, at.server.name, outcome, durationMs);
    at.watch.fold(watched.service.requiredChecks, this.#options.clock.wallMs());
    if (claiming !== null) this.#claimed(at.watch, claiming);
    this.#options.onVerdict(service, server, at.watch.verdict);
  }

  #claimed({ checks }: ServerWatch, claiming: CheckWatch): void {
    const claim = checks.find(({ watch }) => watch === claiming);
    if (claim !== undefined) this.#calls.claimed(claim);
  }

  #release(watched: Watched): void {
    for (const { probeKey: key, watch } of watched.watch.checks) this.#pool.leave(key, watch);
    this.#forget(watched);
  }

  #forget({ serviceName, server, watch }: Watched): void {
    if (watch.checks.length > 0) this.#options.observer?.forgotten(serviceName, server.name);
  }

  #turn(): void {
    this.#stalls.start();
    if (this.#sweep.dueMs === null) this.#sweep.set(this.#options.clock.nowMs() + SWEEP_MS);
  }

  #rest(): void {
    this.#stalls.stop();
    this.#sweep.cancel();
  }

  #stalled(stall: Stall): void {
    this.#lastStall = stall;
    this.#stalledAtMs = this.#options.clock.nowMs();
    this.#pool.respread();
    this.#options.observer?.stalled?.(stall.durationMs);
    this.#options.onStall?.(stall);
  }

  /** A green that is too old is none. */
  #forgetOverdue(): void {
    this.#agents.look();
    for (const { service, servers } of this.#services.values()) {
      for (const [key, { watch }] of servers) {
        if (!this.#forgetChecks(watch)) continue;
        const { checkedAtMs } = watch.verdict;
        if (watch.fold(service.requiredChecks, checkedAtMs))
          this.#options.onVerdict(service.key, key, watch.verdict);
      }
    }
    this.#sweep.set(this.#options.clock.nowMs() + SWEEP_MS);
  }

  #forgetChecks({ checks }: ServerWatch): boolean {
    let forgotten = false;
    for (const { watch, prober } of checks) {
      const { overdueMs } = watch;
      if (overdueMs === null) continue;
      forgotten = true;
      watch.forget(`no result for ${(overdueMs / 1000).toFixed(1)}s: ${this.#whyOverdue(prober.waitingFor)}`);
    }
    return forgotten;
  }

  #whyOverdue(waitingFor: WatchedCheck['prober']['waitingFor']): string {
    const stall = this.#lastStall;
    if (stall !== null && this.#options.clock.nowMs() - this.#stalledAtMs < SWEEP_MS * 2)
      return `the director stood still for ${(stall.durationMs / 1000).toFixed(1)}s`;
    if (waitingFor === 'turn') return 'its probe waits for its turn (director.health)';
    return waitingFor === 'result' ? 'its probe does not end' : 'the director is late';
  }
}

/** The checks of before that go on as these: the same question first, then the same place. */
function matchChecks(
  before: readonly WatchedCheck[],
  keys: readonly string[],
): readonly (WatchedCheck | undefined)[] {
  const free = new Set(before);
  const take = (check: WatchedCheck | undefined): WatchedCheck | undefined => {
    if (check === undefined || !free.delete(check)) return undefined;
    return check;
  };
  const same = keys.map((key) => take([...free].find((check) => check.probeKey === key)));
  return same.map((check, index) => check ?? take(before[index]));
}

/** What was said of load before a restart is kept only where somebody goes on to say it. */
function tellsLoad(check: ActiveCheck): boolean {
  return (
    (check.type === 'exec' && check.dynamicWeight === true) ||
    (check.type === 'file' && check.mode === 'weight')
  );
}

/** Its metrics stand under other names from now on, or under none. */
function isForgotten(before: Watched, after: Watched, { checks }: CheckedService): boolean {
  const renamed = before.serviceName !== after.serviceName || before.server.name !== after.server.name;
  return renamed || checks.length === 0;
}
