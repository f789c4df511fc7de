/**
 * The whole chain under a clock that stands still until a test moves it: a service as the file has it, the health engine,
 * the reconciler and a data plane in memory. Probes are scripted, or real ones that meet servers with real faults.
 */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { realClock } from '../../../../src/base/clock.js';
import { createChecker } from '../../../../src/health/checkers/create-checker.js';
import { systemTools } from '../../../../src/health/checkers/tools.js';
import { ExternalResults } from '../../../../src/health/external-results.js';
import { EventLog } from '../../../../src/controller/event-log.js';
import { Reconciler } from '../../../../src/controller/reconciler.js';
import { StallAlarm } from '../../../../src/daemon/stall-alarm.js';
import type { Model } from '../../../../src/model/director.js';
import type { DirectorEvent } from '../../../../src/model/event.js';
import type { ServerKey } from '../../../../src/model/keys.js';
import type { Checker, Question } from '../../../../src/health/types.js';
import type { RealServer } from '../../../../src/model/real-server.js';
import type { VirtualService } from '../../../../src/model/virtual-service.js';
import { loadText } from '../../../support/config-text.js';
import { FRAME } from '../../../support/controller.js';
import { settle } from '../../../support/fake-clock.js';
import { FakeDataplane } from '../../../support/fake-dataplane.js';
import { HealthRig, type Behaviour } from '../../../support/health-rig.js';

/** What probes of a server meet, by its name; the port is the check's. */
export type BehaveByName = (name: string, nowMs: number, port: number) => Behaviour;

export interface ChainFile {
  /** Keys of the service beside name, address and servers. */
  readonly service?: Readonly<Record<string, unknown>>;
  /** Address of each server by its name. */
  readonly servers: Readonly<Record<string, string>>;
  /** Of its backup pool. */
  readonly backups?: Readonly<Record<string, string>>;
}

export interface ChainOptions {
  /** Absent: real probes. */
  readonly behave?: BehaveByName;
  /** Of real probes, the servers that never answer. */
  readonly silent?: readonly string[];
}

/** The address of the sorry server that tests write into the file. */
export const SORRY = '10.0.9.9:80';

/** Time goes by in such steps, ms; of real probes no longer than the director's own heartbeat. */
const STEP_MS = { scripted: 500, real: 100 };
/** Real bytes take so long at most. */
const PATIENCE_MS = 5000;
/** So long may bytes of a server that never finishes be under way. */
const QUIET_MS = 30;

/** What changes of servers mean for the table is told by who serves. */
const TABLE_EVENTS = /^(server-(added|changed|removed)|service-added)$/;

export class Chain {
  readonly rig: HealthRig;
  readonly reconciler: Reconciler;
  readonly plane = new FakeDataplane();
  /** `4.0s one: unknown -> down: refused`, `4.0s service-degraded: ...`, `4.0s serving two`. */
  readonly story: string[] = [];
  readonly external: ExternalResults;
  readonly #events: EventLog;
  readonly #silent: readonly string[];
  /** Real probes begun, by server. */
  readonly probes = new Map<string, number>();
  readonly #underWay = new Map<string, AbortSignal>();
  #began = 0;
  #seen = 0;
  #service: VirtualService;
  readonly #stepMs: number;
  #served = '';
  /** When the table changed last. */
  #steppedMs = 0;

  private constructor(model: Model, { behave, silent = [] }: ChainOptions) {
    [this.#service] = model.services as [VirtualService];
    this.#silent = silent;
    this.#stepMs = behave === undefined ? STEP_MS.real : STEP_MS.scripted;
    this.plane.onStep = () => (this.#steppedMs = this.rig.clock.nowMs());
    this.rig = new HealthRig({
      onVerdict: (service, server, verdict) => this.reconciler.setVerdict(service, server, verdict),
      onStall: (stall) => stalls.stalled(stall),
      makeChecker: (check, server) => this.#checker(check, server, behave),
    });
    const { clock } = this.rig;
    this.external = new ExternalResults(clock);
    this.#events = new EventLog(clock, { capacity: 10_000 });
    this.#events.subscribe((event) => this.#tell(event));
    const stalls = new StallAlarm(clock, this.#events);
    const { plane: dataplane } = this;
    const frame = () => FRAME;
    this.reconciler = new Reconciler({
      dataplane,
      clock,
      random: () => 0,
      events: this.#events,
      model,
      frame,
    });
  }

  /** Starts, as the director does: table first, then checks. */
  static async begin(file: ChainFile, options: ChainOptions = {}): Promise<Chain> {
    const chain = new Chain(await modelOf(file), options);
    await chain.reconciler.start();
    chain.#served = chain.serving;
    chain.rig.runner.configure(chain.reconciler.services);
    await chain.until(0);
    return chain;
  }

  /** Lets time go by until `untilMs`; real probes end while the clock stands still. */
  async until(untilMs: number): Promise<void> {
    const { clock } = this.rig;
    for (;;) {
      const leftMs = untilMs - clock.nowMs();
      await clock.advanceAsync(Math.max(0, Math.min(this.#stepMs - (clock.nowMs() % this.#stepMs), leftMs)));
      await this.#bytesArrive();
      await settle();
      this.#look();
      if (clock.nowMs() >= untilMs) return;
    }
  }

  /** Another file, as by a reload. */
  async reload(file: ChainFile): Promise<void> {
    const model = await modelOf(file);
    [this.#service] = model.services as [VirtualService];
    await this.reconciler.setModel(model, { cause: null, force: true });
    this.rig.runner.configure(this.reconciler.services);
    this.#look();
  }

  /** Names of those that take connections, `sorry` among them. */
  get serving(): string {
    const entries = [...(this.plane.table.get(this.#service.key)?.servers.values() ?? [])];
    const named = (key: ServerKey): string =>
      this.#service.servers.find((server) => server.key === key)?.name ?? 'sorry';
    return entries
      .filter(({ weight }) => weight > 0)
      .map(({ key }) => named(key))
      .sort()
      .join(' ');
  }

  /** @returns what is left running: probes, and timers */
  async end(): Promise<readonly [probes: number, timers: number]> {
    await this.rig.runner.close();
    await this.reconciler.close();
    return [this.rig.runner.figures.running, this.rig.clock.pending];
  }

  #checker(check: Question, server: RealServer, behave: BehaveByName | undefined): Checker {
    const { clock } = this.rig;
    if (behave !== undefined) {
      const port = ('port' in check ? check.port : null) ?? server.port;
      return this.rig.scripted(port, () => behave(server.name, clock.nowMs(), port));
    }
    const checker = createChecker(check, server, { ...systemTools, clock, external: this.external });
    return {
      probe: async (signal) => {
        this.#began++;
        this.probes.set(server.name, (this.probes.get(server.name) ?? 0) + 1);
        this.#underWay.set(server.name, signal);
        try {
          return await checker.probe(signal);
        } finally {
          this.#underWay.delete(server.name);
        }
      },
    };
  }

  /** Real probes go as far as they get while the clock stands still. */
  async #bytesArrive(): Promise<void> {
    if (this.#underWay.size === 0) return;
    const isNew = this.#began !== this.#seen;
    this.#seen = this.#began;
    const endMs = realClock.nowMs() + PATIENCE_MS;
    const moves = (): boolean =>
      [...this.#underWay].some(([name, signal]) => signal.aborted || !this.#silent.includes(name));
    while (moves() && realClock.nowMs() < endMs) await nextTurn();
    if (isNew && this.#underWay.size > 0) await pause(QUIET_MS);
    else await nextTurn();
  }

  #tell({ type, server, message }: DirectorEvent): void {
    if (TABLE_EVENTS.test(type)) return;
    const what = /^server-(up|down|unknown)$/.test(type) ? '' : `${type}: `;
    this.#note(`${server === null ? '' : `${server}: `}${what}${message}`);
  }

  #look(): void {
    const { serving } = this;
    if (serving === this.#served) return;
    this.#served = serving;
    this.#note(`serving ${serving === '' ? 'nobody' : serving}`, this.#steppedMs);
  }

  #note(what: string, atMs = this.rig.clock.nowMs()): void {
    this.story.push(`${(atMs / 1000).toFixed(1)}s ${what}`);
  }
}

async function modelOf({ service, servers, backups = {} }: ChainFile): Promise<Model> {
  const list = (addresses: Readonly<Record<string, string>>) =>
    Object.entries(addresses).map(([name, address]) => ({ name, address }));
  const shop = { name: 'shop', address: '192.0.2.10:80', servers: list(servers), ...service };
  const pools = Object.keys(backups).length === 0 ? {} : { pools: { standby: list(backups) } };
  const backup = Object.keys(backups).length === 0 ? {} : { backup_pool: 'standby' };
  return (await loadText(JSON.stringify({ ...pools, services: [{ ...shop, ...backup }] }))).model;
}
