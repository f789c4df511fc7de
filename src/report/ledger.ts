/**
 * Adds up marks, one after the other, to what each service and server did within a window of time. Pure.
 *
 *   marks of one run    so long as the monotonic clock says, at the place where the wall clock of the first one is;
 *                       where signs of life are missing the process stood still, and nobody watched
 *   stop or last mark   from here to the next `start` nobody watched, so long as the wall clock says; never less than nothing
 *   start               from here to the next `all` nothing is known
 *
 * So a clock that is set changes no length: an hour that comes twice counts twice, one that is passed over does not count.
 */
import type { Standing, Standings } from '../model/standing.js';
import { Account, type Elapsed, type Totals } from './account.js';
import { LATEST_MS, type Mark, type RenameMark, type UnreadableMark } from './mark.js';

interface ServiceAccount {
  readonly own: Account;
  readonly servers: Map<string, Account>;
}

export interface ServiceTotals {
  readonly totals: Totals;
  /** It was in the last configuration. */
  readonly isServed: boolean;
  readonly servers: ReadonlyMap<string, { readonly totals: Totals; readonly isServed: boolean }>;
}

/** Wall clock, ms since the epoch. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

const EVER: Window = { fromMs: -Infinity, toMs: Infinity };

export class Ledger {
  readonly #window: Window;
  readonly #services = new Map<string, ServiceAccount>();
  #elapsed: Elapsed = { watchedMs: 0, unwatchedMs: 0 };
  #last: Mark | null = null;
  /** A director runs, as far as the marks tell. */
  #runs = false;
  /** How things stand is not known since this start. */
  #blind = false;
  /** What came before the next mark cannot be read. */
  #unreadable = false;
  #firstMs: number | null = null;

  constructor(window = EVER) {
    this.#window = window;
  }

  /** Wall clock of the first mark; null before it. */
  get firstMs(): number | null {
    return this.#firstMs;
  }

  /** The newest mark. */
  get last(): Mark | null {
    return this.#last;
  }

  /** The last run has not ended with a `stop`. */
  get runs(): boolean {
    return this.#runs;
  }

  /** Marks come in the order in which they were written. */
  take(mark: Mark | UnreadableMark): void {
    if (mark.kind === 'unreadable') {
      this.#unreadable = true;
      return;
    }
    this.#firstMs ??= mark.wallMs;
    if (this.#last !== null) this.#pass(this.#last, mark);
    this.#last = mark;
    this.#unreadable = false;
    this.#apply(mark);
  }

  /**
   * Adds the time from the last mark to `wallMs`.
   *
   * @param watchedMs so much of it a director has watched at most; what is left nobody did
   */
  finish(wallMs: number, watchedMs: number): void {
    if (this.#last === null) return;
    const endMs = Math.max(this.#last.wallMs, wallMs);
    const turnMs = Math.min(endMs, this.#last.wallMs + watchedMs);
    this.#add(this.#blind || !this.#runs ? 'unwatchedMs' : 'watchedMs', this.#last.wallMs, turnMs);
    this.#add('unwatchedMs', turnMs, endMs);
  }

  /** By name, in the order in which they were first seen. */
  *totals(): Generator<readonly [name: string, totals: ServiceTotals], void> {
    for (const [name, { own, servers }] of this.#services) {
      const ofServers = new Map(
        [...servers].map(([server, account]) => [server, this.#totalsOf(account)] as const),
      );
      yield [name, { ...this.#totalsOf(own), servers: ofServers }];
    }
  }

  /** Of one service, or of one of its servers; null where it is unknown. */
  totalsOf(service: string, server: string | null): Totals | null {
    const found = this.#services.get(service);
    const account = server === null ? found?.own : found?.servers.get(server);
    return account?.totals(this.#elapsed) ?? null;
  }

  #totalsOf(account: Account) {
    return { totals: account.totals(this.#elapsed), isServed: account.isServed };
  }

  #pass(before: Mark, mark: Mark): void {
    const isLost = mark.kind === 'all' && mark.lost;
    // Of these it is not sure that they are of one run.
    if (mark.kind === 'start' || isLost || !this.#runs || this.#unreadable) {
      this.#add('unwatchedMs', before.wallMs, mark.wallMs);
      return;
    }
    const endMs = before.wallMs + mark.monoMs - before.monoMs;
    const turnMs = Math.min(endMs, before.wallMs + (this.#blind ? 0 : LATEST_MS));
    this.#add('watchedMs', before.wallMs, turnMs);
    this.#add('unwatchedMs', turnMs, endMs);
  }

  #add(which: keyof Elapsed, fromMs: number, toMs: number): void {
    const { fromMs: firstMs, toMs: lastMs } = this.#window;
    const withinMs = Math.min(toMs, lastMs) - Math.max(fromMs, firstMs);
    if (withinMs > 0) this.#elapsed = { ...this.#elapsed, [which]: this.#elapsed[which] + withinMs };
  }

  #apply(mark: Mark): void {
    switch (mark.kind) {
      case 'start':
        this.#runs = true;
        this.#blind = true;
        return;
      case 'stop':
        this.#runs = false;
        return;
      case 'beat':
        this.#runs = true;
        return;
      case 'all':
        this.#runs = true;
        this.#blind = false;
        this.#takeAll(mark.standings, mark.wallMs);
        return;
      case 'change': {
        this.#runs = true;
        const { own, servers } = this.#serviceOf(mark.service);
        const account = mark.server === null ? own : this.#serverOf(servers, mark.server);
        this.#stand(account, mark.standing, mark.wallMs);
        return;
      }
      case 'rename':
        this.#rename(mark);
    }
  }

  #takeAll(standings: Standings, wallMs: number): void {
    for (const [name, { standing, servers }] of standings) {
      const service = this.#serviceOf(name);
      this.#stand(service.own, standing, wallMs);
      for (const [server, ofServer] of servers)
        this.#stand(this.#serverOf(service.servers, server), ofServer, wallMs);
    }
    for (const [name, { own, servers }] of this.#services) {
      const listed = standings.get(name);
      if (listed === undefined) own.leave(this.#elapsed);
      for (const [server, account] of servers)
        if (listed?.servers.has(server) !== true) account.leave(this.#elapsed);
    }
  }

  #stand(account: Account, standing: Standing, wallMs: number): void {
    const { fromMs, toMs } = this.#window;
    account.stand(standing, this.#elapsed, wallMs >= fromMs && wallMs <= toMs);
  }

  #serviceOf(name: string): ServiceAccount {
    const known = this.#services.get(name);
    if (known !== undefined) return known;
    const made = { own: new Account(this.#elapsed), servers: new Map<string, Account>() };
    this.#services.set(name, made);
    return made;
  }

  #serverOf(servers: Map<string, Account>, name: string): Account {
    const known = servers.get(name);
    if (known !== undefined) return known;
    const made = new Account(this.#elapsed);
    servers.set(name, made);
    return made;
  }

  #rename({ service, names }: RenameMark): void {
    if (service === null) rename(this.#services, names);
    else {
      const found = this.#services.get(service);
      if (found !== undefined) rename(found.servers, names);
    }
  }
}

/** At once, so that two may change their names with one another. Who had a new name before and has left loses it. */
function rename<Value>(values: Map<string, Value>, names: RenameMark['names']): void {
  const moved = names.flatMap(([from, to]) => {
    const value = values.get(from);
    return value === undefined ? [] : [[to, value] as const];
  });
  for (const [from] of names) values.delete(from);
  for (const [to, value] of moved) values.set(to, value);
}
