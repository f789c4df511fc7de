/** Databases that say what a test lets them say, under the health engine, the controller and a clock that stands still. */
import { EventLog } from '../../src/controller/event-log.js';
import { Reconciler } from '../../src/controller/reconciler.js';
import { judgeRole, ruledOut } from '../../src/health/checkers/role-answer.js';
import { HealthRunner } from '../../src/health/runner.js';
import type { Checker, ProbeResult, Question } from '../../src/health/types.js';
import type { CheckTiming, RedisCheck } from '../../src/model/health-check.js';
import type { ServiceKey } from '../../src/model/keys.js';
import type { RealServer } from '../../src/model/real-server.js';
import type { Role, WantedRole } from '../../src/model/role.js';
import type { VirtualService } from '../../src/model/virtual-service.js';
import { FRAME } from './controller.js';
import { FakeClock } from './fake-clock.js';
import { FakeDataplane } from './fake-dataplane.js';
import { keyOf, model, server, serverKeyOf, service, type ServiceChanges } from './models.js';

/** `silent` answers nothing until the probe's time is over; `unfit` says that it can serve nobody. */
export type Says = Role | 'silent' | 'refused' | 'unfit' | { readonly primaryOf: number };

export const WRITES = keyOf('192.0.2.30:6379');
export const READS = keyOf('192.0.2.31:6379');

export const keyOfDatabase = (name: string) => serverKeyOf(`10.0.3.${name.charCodeAt(0)}:6379`);

/** Every second, half a second long, up after 2, down after 3. */
export function redis(role: WantedRole, changes: Partial<CheckTiming> = {}): RedisCheck {
  const intervals = { intervalMs: 1000, fastIntervalMs: 1000, downIntervalMs: 1000 };
  const timing = { ...intervals, timeoutMs: 500, rise: 2, fall: 3, jitter: 0, ...changes };
  const credentials = { username: null, password: null };
  return { type: 'redis', timing, port: null, credentials, tls: null, role, maxLagMs: null };
}

export function database(name: string, changes: Partial<RealServer> = {}): RealServer {
  return server(keyOfDatabase(name), { name, ...changes });
}

/** One service for writes on these servers. */
export function writes(names: string, changes: ServiceChanges = {}): VirtualService {
  const servers = Array.from(names, (name) => database(name));
  return service('writes', '192.0.2.30:6379', servers, {
    checks: [redis('primary')],
    initial: 'down',
    ...changes,
  });
}

/** One for reads on the same ones. */
export function reads(names: string, changes: ServiceChanges = {}): VirtualService {
  const servers = Array.from(names, (name) => database(name));
  return service('reads', '192.0.2.31:6379', servers, {
    checks: [redis('replica')],
    initial: 'down',
    ...changes,
  });
}

export class RoleRig {
  readonly clock = new FakeClock();
  readonly plane = new FakeDataplane();
  readonly events = new EventLog(this.clock, { capacity: 100_000 });
  /** What each database says by now; silent where nothing is set. */
  readonly says = new Map<string, Says>();
  /** Probes that began, as `12.0s a primary`: when, of whom, and for which role. */
  readonly probes: string[] = [];
  /** Steps after which two servers of the service for writes could be chosen. */
  readonly twice: string[] = [];
  reconciler: Reconciler;
  #runner: HealthRunner;
  #services: readonly VirtualService[];
  readonly #startMs: number;

  private constructor(services: readonly VirtualService[]) {
    this.#startMs = this.clock.nowMs();
    this.#services = services;
    this.reconciler = this.#newReconciler();
    this.#runner = this.#newRunner();
    this.plane.onStep = (step) => {
      const writers = this.serving();
      if (writers.length > 1) this.twice.push(`${this.seconds}s ${step.kind}: ${writers}`);
    };
  }

  static async begin(
    services: readonly VirtualService[],
    says: Readonly<Record<string, Says>>,
  ): Promise<RoleRig> {
    const rig = new RoleRig(services);
    for (const [name, word] of Object.entries(says)) rig.says.set(name, word);
    await rig.reconciler.start();
    rig.#runner.configure(services);
    return rig;
  }

  /** Since the beginning. */
  get seconds(): string {
    return ((this.clock.nowMs() - this.#startMs) / 1000).toFixed(1);
  }

  /** From now on. */
  say(says: Readonly<Record<string, Says>>): void {
    for (const [name, word] of Object.entries(says)) this.says.set(name, word);
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms);
  }

  /** @returns ms until it held, asked every 10 ms; Infinity when it did not within `mostMs` */
  async until(holds: () => boolean, mostMs: number): Promise<number> {
    for (let ms = 0; ms <= mostMs; ms += 10) {
      if (holds()) return ms;
      await this.pass(10);
    }
    return Infinity;
  }

  /** Who may be chosen by now: `ab`. */
  serving(key: ServiceKey = WRITES): string {
    const entries = [...(this.plane.table.get(key)?.servers.values() ?? [])];
    const names = entries.filter(({ weight }) => weight > 0).map((entry) => this.#nameOf(entry.key));
    return names.sort().join('');
  }

  /** Who is in the table, whatever the weight. */
  present(key: ServiceKey = WRITES): string {
    const entries = [...(this.plane.table.get(key)?.servers.values() ?? [])];
    return entries
      .map((entry) => this.#nameOf(entry.key))
      .sort()
      .join('');
  }

  async reload(services: readonly VirtualService[]): Promise<void> {
    this.#services = services;
    await this.reconciler.setModel(model(services), { cause: null, force: true });
    this.#runner.configure(services);
  }

  /**
   * The director ends and another one starts on the same table, with what is kept in files.
   *
   * @param about.tooOld so long after that no verdict says anything any more
   */
  async restart(about: { readonly downMs?: number; readonly tooOld?: boolean } = {}): Promise<void> {
    await this.#runner.close();
    await this.reconciler.close();
    const { states: live, serving, owned } = this.reconciler;
    const { verdicts, overrides, drains, maintenance } = live;
    const kept = about.tooOld === true ? new Map<never, never>() : verdicts;
    const states = { verdicts: kept, overrides, drains, maintenance };
    await this.pass(about.downMs ?? 0);
    this.reconciler = this.#newReconciler({ states, serving, owned });
    this.#runner = this.#newRunner();
    await this.reconciler.start();
    this.#runner.configure(this.#services, (key, name) => kept.get(key)?.get(name) ?? null);
  }

  async close(): Promise<void> {
    await this.#runner.close();
    await this.reconciler.close();
  }

  /** `server-role a replica -> primary`, of these types. */
  told(...types: readonly string[]): string[] {
    return this.events
      .since(0)
      .events.filter(({ type }) => types.includes(type))
      .map(({ type, server: name, message }) => [type, ...(name === null ? [] : [name]), message].join(' '));
  }

  async reasonOf(name: string, key: ServiceKey = WRITES): Promise<string | undefined> {
    const { services } = await this.reconciler.status();
    const found = services.find((each) => each.key === key);
    return found?.servers.find((each) => each.key === keyOfDatabase(name))?.reason;
  }

  #nameOf(key: string): string {
    return String.fromCharCode(Number(/^10\.0\.3\.(\d+):/.exec(key)?.[1] ?? '63'));
  }

  #newReconciler(before: Partial<Pick<Reconciler, 'states' | 'serving' | 'owned'>> = {}): Reconciler {
    return new Reconciler({
      dataplane: this.plane,
      clock: this.clock,
      random: () => 0,
      events: this.events,
      model: model(this.#services),
      frame: () => FRAME,
      backoff: { firstMs: 1000, factor: 2, capMs: 4000, jitter: 0 },
      ...before,
    });
  }

  #newRunner(): HealthRunner {
    const { reconciler } = this;
    return new HealthRunner({
      clock: this.clock,
      random: () => 0,
      phaseOf: (key) => (key.length % 10) / 10,
      makeChecker: (check, { key }) => this.#checker(check, this.#nameOf(key)),
      onVerdict: (key, name, verdict) => reconciler.setVerdict(key, name, verdict),
    });
  }

  #checker(check: Question, name: string): Checker {
    return { probe: (signal) => this.#probe(check, name, signal) };
  }

  async #probe(check: Question, name: string, signal: AbortSignal): Promise<ProbeResult> {
    const says = this.says.get(name) ?? 'silent';
    const role = 'role' in check ? check.role : null;
    this.probes.push(`${this.seconds}s ${name} ${role ?? check.type}`);
    if (says === 'refused') return { ok: false, reason: 'refused' };
    if (says === 'unfit') return ruledOut(`redis ${name}`, 'recovers');
    if (says === 'silent') {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return { ok: false, reason: (signal.reason as Error).message };
    }
    if (role === null) return { ok: true, detail: 'connected' };
    const seen =
      typeof says === 'string'
        ? { name: says, term: null }
        : { name: 'primary' as const, term: says.primaryOf };
    return judgeRole(`redis ${name}`, { role, maxLagMs: null }, { seen, lagMs: null });
  }
}
