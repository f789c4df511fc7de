/**
 * Sees to it that every change of how things stand is written down, and adds it up for the metrics.
 *
 *   event, verdict ──► touched service ──a moment──► as it stands ──differs──► mark ──► store, ledger
 */
import type { Clock, Timer } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import { takeTurns } from '../base/take-turns.js';
import type { AvailabilitySample } from '../metrics/availability-metrics.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { ServiceStanding, Standing, Standings } from '../model/standing.js';
import type { Verdict } from '../model/status.js';
import type { VirtualService } from '../model/virtual-service.js';
import { computeFigures } from '../report/availability.js';
import { Ledger } from '../report/ledger.js';
import { HEARTBEAT_MS, type Mark, type RenameMark, type UnreadableMark } from '../report/mark.js';
import { EventStore, timesOf } from './state/event-store.js';
import { readMarks } from './state/read-marks.js';

export interface StandingRecorderOptions {
  readonly stateDir: string;
  readonly uid: number;
  readonly clock: Clock;
  /** Null when the running configuration has no such service. */
  readonly standing: (service: ServiceKey) => ServiceStanding | null;
  /** As of the store. */
  readonly onTrouble: (trouble: string | null, folder: string) => void;
  /** Hears in one line that what earlier directors recorded cannot be read. */
  readonly onUnread: (message: string) => void;
}

/** A verdict and the round that follows from it are seen together, ms. */
const MOMENT_MS = 50;

type Untimed<Each> = Each extends Mark ? Omit<Each, 'wallMs' | 'monoMs'> : never;

/** Nothing is recorded before `start`. */
export class StandingRecorder {
  readonly #options: StandingRecorderOptions;
  readonly #store: EventStore;
  readonly #touched = new Set<ServiceKey>();
  #services: ReadonlyMap<ServiceKey, VirtualService> = new Map();
  /** Names of the servers: every probe of thousands asks for one. */
  #serverNames: ReadonlyMap<ServiceKey, ReadonlyMap<ServerKey, string>> = new Map();
  /** By name, the key. */
  #keys: ReadonlyMap<string, ServiceKey> = new Map();
  /** As recorded. */
  readonly #standings = new Map<string, { standing: Standing; readonly servers: Map<string, Standing> }>();
  readonly #ledger = new Ledger();
  /** Marks of this run, until those of earlier ones are added up; null from then on. */
  #waiting: Mark[] | null = [];
  #look: Timer | null = null;
  #heartbeat: Timer | null = null;
  #running = false;

  constructor(options: StandingRecorderOptions) {
    this.#options = options;
    this.#store = new EventStore({
      stateDir: options.stateDir,
      clock: options.clock,
      standings: () => this.#copy(),
      onTrouble: (trouble) => options.onTrouble(trouble, this.#store.folder),
    });
  }

  /** A director serves from now on. */
  start(services: readonly VirtualService[]): void {
    if (this.#running) return;
    this.#running = true;
    void this.#addUpEarlier();
    this.#mark({ kind: 'start' });
    this.#take(services);
    this.#lookAtAll();
    this.#markAll();
  }

  /** There is another configuration, and it has been applied. */
  follow(services: readonly VirtualService[]): void {
    if (!this.#running) return;
    const before = this.#services;
    this.#take(services);
    for (const mark of renames(before, this.#services)) this.#rename(mark);
    if (this.#lookAtAll()) this.#markAll();
  }

  /** Something happened to the service of that name. */
  touch(name: string): void {
    const key = this.#keys.get(name);
    if (key !== undefined) this.#touch(key);
  }

  /** A check said something; mostly it says what it said before. */
  verdict(service: ServiceKey, server: ServerKey, { state, byRole }: Verdict): void {
    const name = this.#serverNames.get(service)?.get(server);
    const found = this.#services.get(service);
    if (name === undefined || found === undefined) return;
    const recorded = this.#standings.get(found.name)?.servers.get(name);
    // Degraded servers are up to their checks, and those that are down for their role alone are recorded as up.
    const recordable = byRole === true && state === 'down' ? 'up' : state;
    if ((recorded === 'degraded' ? 'up' : recorded) !== recordable) this.#touch(service);
  }

  /** Of all that is served; none before the earlier records are added up. */
  *samples(): Generator<AvailabilitySample, void> {
    if (this.#waiting !== null || !this.#running) return;
    this.#ledger.take({ kind: 'beat', ...timesOf(this.#options.clock) });
    for (const [service, { servers }] of this.#standings) {
      yield* this.#sample(service, null);
      for (const server of servers.keys()) yield* this.#sample(service, server);
    }
  }

  /** The director serves no more. Writes what is not written yet. Idempotent and awaited; never rejects. */
  async close(): Promise<void> {
    this.#look?.cancel();
    this.#heartbeat?.cancel();
    if (this.#running) {
      this.#lookAtTouched();
      this.#mark({ kind: 'stop' });
    }
    this.#running = false;
    this.#heartbeat?.cancel();
    await this.#store.close();
  }

  *#sample(service: string, server: string | null): Generator<AvailabilitySample, void> {
    const totals = this.#ledger.totalsOf(service, server);
    if (totals === null) return;
    yield { service, server, ratio: computeFigures(totals).availability, failures: totals.failures };
  }

  #take(services: readonly VirtualService[]): void {
    this.#services = new Map(services.map((service) => [service.key, service]));
    this.#keys = new Map(services.map(({ key, name }) => [name, key]));
    this.#serverNames = new Map(
      services.map(({ key, servers }) => [key, new Map(servers.map((server) => [server.key, server.name]))]),
    );
  }

  #touch(key: ServiceKey): void {
    if (!this.#running) return;
    this.#touched.add(key);
    this.#look ??= this.#options.clock.after(MOMENT_MS, () => this.#lookAtTouched());
  }

  #lookAtTouched(): void {
    this.#look?.cancel();
    this.#look = null;
    for (const key of this.#touched) {
      const name = this.#services.get(key)?.name;
      const standing = this.#options.standing(key);
      if (name !== undefined && standing !== null) this.#compare(name, standing);
    }
    this.#touched.clear();
  }

  /** Takes how all stands for recorded. @returns whether something came, went or changed */
  #lookAtAll(): boolean {
    this.#touched.clear();
    let changed = false;
    const left = new Set(this.#standings.keys());
    for (const [key, { name }] of this.#services) {
      const now = this.#options.standing(key);
      if (now === null) continue;
      left.delete(name);
      const known = this.#standings.get(name);
      changed ||= known === undefined || !isSame(known, now);
      this.#standings.set(name, { standing: now.standing, servers: new Map(now.servers) });
    }
    for (const name of left) this.#standings.delete(name);
    return changed || left.size > 0;
  }

  #compare(service: string, now: ServiceStanding): void {
    const known = this.#standings.get(service);
    // Servers come and go with the configuration only.
    if (known === undefined) return;
    for (const [server, standing] of now.servers) {
      if (!known.servers.has(server) || known.servers.get(server) === standing) continue;
      known.servers.set(server, standing);
      this.#mark({ kind: 'change', service, server, standing });
    }
    if (known.standing === now.standing) return;
    known.standing = now.standing;
    this.#mark({ kind: 'change', service, server: null, standing: now.standing });
  }

  #rename(mark: Untimed<RenameMark>): void {
    const values: Map<string, unknown> | undefined =
      mark.service === null ? this.#standings : this.#standings.get(mark.service)?.servers;
    for (const [from, to] of mark.names) {
      const value = values?.get(from);
      values?.delete(from);
      if (value !== undefined) values?.set(to, value);
    }
    this.#mark(mark);
  }

  #markAll(): void {
    this.#mark({ kind: 'all', standings: this.#copy(), lost: false });
  }

  #copy(): Standings {
    return new Map(
      [...this.#standings].map(([name, { standing, servers }]) => [
        name,
        { standing, servers: new Map(servers) },
      ]),
    );
  }

  #mark(untimed: Untimed<Mark>): void {
    const { clock } = this.#options;
    const mark: Mark = { ...untimed, ...timesOf(clock) };
    this.#store.append(mark);
    if (this.#waiting === null) this.#ledger.take(mark);
    else this.#waiting.push(mark);
    this.#heartbeat?.cancel();
    this.#heartbeat = clock.after(HEARTBEAT_MS, () => this.#mark({ kind: 'beat' }));
  }

  /** Marks of this run may be on disk, too, before all is read. */
  async #addUpEarlier(): Promise<void> {
    const { stateDir, uid, clock, onUnread } = this.#options;
    const turn = takeTurns(clock);
    try {
      for await (const mark of readMarks({ stateDir, uid })) {
        if (isSameMark(mark, this.#waiting?.[0])) break;
        this.#ledger.take(mark);
        await turn();
      }
    } catch (error) {
      const loss = 'the availability in the metrics lacks what was recorded there before this start';
      onUnread(`read ${this.#store.folder}: ${reasonOf(error)}; ${loss}`);
      this.#ledger.take({ kind: 'unreadable' });
    }
    for (const mark of this.#waiting ?? []) this.#ledger.take(mark);
    this.#waiting = null;
  }
}

function isSameMark(read: Mark | UnreadableMark, own: Mark | undefined): boolean {
  if (read.kind === 'unreadable' || own === undefined) return false;
  return read.kind === own.kind && read.wallMs === own.wallMs && read.monoMs === own.monoMs;
}

function isSame(known: ServiceStanding, now: ServiceStanding): boolean {
  if (known.standing !== now.standing || known.servers.size !== now.servers.size) return false;
  for (const [name, standing] of now.servers) if (known.servers.get(name) !== standing) return false;
  return true;
}

/**
 * What has kept its address and has got a name that is new: it goes on under it. What has kept its name goes on anyhow,
 * wherever it is now.
 */
function* renames(
  before: ReadonlyMap<ServiceKey, VirtualService>,
  after: ReadonlyMap<ServiceKey, VirtualService>,
): Generator<Untimed<RenameMark>, void> {
  const services = renamed(before, after);
  if (services.length > 0) yield { kind: 'rename', service: null, names: services };
  for (const [key, { name, servers }] of after) {
    const old = before.get(key);
    if (old === undefined || old.servers === servers) continue;
    const names = renamed(byKey(old.servers), byKey(servers));
    if (names.length > 0) yield { kind: 'rename', service: name, names };
  }
}

function byKey<Named extends { readonly key: string }>(items: readonly Named[]): ReadonlyMap<string, Named> {
  return new Map(items.map((item) => [item.key, item]));
}

function renamed<Key>(
  before: ReadonlyMap<Key, { readonly name: string }>,
  after: ReadonlyMap<Key, { readonly name: string }>,
): readonly (readonly [string, string])[] {
  const [old, current] = [before, after].map((items) => new Set([...items.values()].map(({ name }) => name)));
  return [...after].flatMap(([key, { name: to }]) => {
    const from = before.get(key)?.name;
    const isRenamed =
      from !== undefined && from !== to && old?.has(to) === false && current?.has(from) === false;
    return isRenamed ? [[from, to] as const] : [];
  });
}
