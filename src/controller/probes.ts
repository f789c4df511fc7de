/**
 * The probe services of the running configuration, and who probes through them. They are services like others to desired,
 * plan and apply; this file only says which there are.
 */
import type { ObservedTable } from '../dataplane/types.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import { probeServiceKey } from '../model/probe-service.js';
import type { RealServer } from '../model/real-server.js';
import type { ProbeStatus } from '../model/snapshot.js';
import type { VirtualService } from '../model/virtual-service.js';
import { ProbeRota } from './probe-rota.js';
import { probeStatuses } from './probe-status.js';
import {
  namesByServer,
  probedServers,
  probeService,
  type ProbedServer,
  type ProbeMarks,
} from './probe-services.js';

export type { ProbeMarks } from './probe-services.js';

/** A way through the service's address to one server, open until `close`; or why there is none. */
export type ProbePath =
  | { readonly mark: number; readonly close: () => void }
  /** For people; it says nothing of the server. */
  | { readonly mark: null; readonly reason: string };

/** Services that came to the table, or are to leave it. */
export interface ProbeChange {
  readonly gone: readonly ServiceKey[];
  readonly come: readonly VirtualService[];
}

/** How the table follows. */
export interface ProbeTable {
  /** Plans the change, and settles when that is done. */
  replan(change: ProbeChange): Promise<void>;
  /** Why the service is not in the table, and whether that was tried in vain; null when it is there. */
  missing(key: ServiceKey): { readonly reason: string; readonly failed: boolean } | null;
}

const NO_CHANGE: ProbeChange = { gone: [], come: [] };

export class Probes {
  readonly #marks: ProbeMarks | null;
  readonly #rota = new ProbeRota();
  #probed: ReadonlyMap<string, ProbedServer> = new Map();
  #names: ReturnType<typeof namesByServer> = new Map();
  #reserved: ReadonlyMap<ServiceKey, string> = new Map();
  /** By name; those that are to be in the table. */
  #made = new Map<string, VirtualService>();
  /** From which server of the file a service was made. */
  readonly #madeFrom = new WeakMap<VirtualService, RealServer>();
  #waiting: (() => void)[] = [];
  #ended = false;

  /** @param marks null: nobody probes, so there are no such services */
  constructor(marks: ProbeMarks | null) {
    this.#marks = marks;
  }

  /** Those that are to be in the table. */
  get services(): readonly VirtualService[] {
    return [...this.#made.values()];
  }

  /** Those and all that wait for their turn: their names. */
  get reserved(): ReadonlyMap<ServiceKey, string> {
    return this.#reserved;
  }

  /** For people; empty where nobody probes. */
  statuses(observed: ObservedTable): readonly ProbeStatus[] {
    return probeStatuses(this.#probed.values(), this.#marks, observed);
  }

  /** Follows a configuration, or marks that have been found. @param most at once */
  follow(services: Iterable<VirtualService>, most: number): void {
    const probed = this.#marks === null || this.#ended ? [] : probedServers(services);
    const marked = probed.flatMap((each) => {
      const mark = this.#markOf(each.name);
      return mark === null
        ? []
        : [{ name: each.name, key: probeServiceKey(each.service.address.family, mark) }];
    });
    this.#reserved = new Map(marked.map(({ name, key }) => [key, name]));
    this.#probed = new Map(probed.map((each) => [each.name, each]));
    this.#names = namesByServer(probed);
    const names = marked.map(({ name }) => name);
    this.#rota.follow(names, most);
    this.#made = this.#make(this.#made);
    this.#wake();
  }

  /** There are none from now on, whatever the configuration says. */
  end(): void {
    this.#ended = true;
    this.follow([], 0);
  }

  /**
   * Opens the way to a server for one probe, and waits for a place where all are in use.
   *
   * @param signal its abort ends the wait
   * Never rejects.
   */
  async open(
    service: ServiceKey,
    server: ServerKey,
    table: ProbeTable,
    signal: AbortSignal,
  ): Promise<ProbePath> {
    const name = this.#names.get(service)?.get(server);
    if (name === undefined) return none('the server is not in the running configuration');
    const mark = this.#markOf(name);
    if (mark === null) return none('no firewall mark is free for its probe service (director.marks)');
    for (;;) {
      const turn = this.#rota.take(name);
      if (turn.kind === 'unknown') return none('its probe service is not planned yet');
      if (turn.kind === 'placed') return this.#go(name, mark, turn.changed, table);
      if (signal.aborted) return none('all probe services are in use (director.probe.max)');
      await this.#vacancy(signal);
    }
  }

  async #go(name: string, mark: number, changed: boolean, table: ProbeTable): Promise<ProbePath> {
    const close = once(() => {
      if (this.#rota.release(name)) void this.#replace(table);
      this.#wake();
    });
    if (changed) await this.#replace(table);
    // Another probe of the server, or a reload, may be bringing it to the table at this moment.
    else if (this.#missing(name, table)?.failed === false) await table.replan(NO_CHANGE);
    const missing = this.#missing(name, table);
    if (missing === null) return { mark, close };
    close();
    return none(missing.reason);
  }

  #missing(name: string, table: ProbeTable): ReturnType<ProbeTable['missing']> {
    const service = this.#made.get(name);
    if (service === undefined) return { reason: 'its probe service was taken away', failed: true };
    return table.missing(service.key);
  }

  async #replace(table: ProbeTable): Promise<void> {
    const before = this.#made;
    this.#made = this.#make(before);
    const after = new Set(this.#made.values());
    const known = new Set(before.values());
    await table.replan({
      gone: [...known].filter((service) => !after.has(service)).map(({ key }) => key),
      come: [...after].filter((service) => !known.has(service)),
    });
  }

  /** One that has not changed stays the very object, so that it is not planned anew. */
  #make(before: ReadonlyMap<string, VirtualService>): Map<string, VirtualService> {
    const made = new Map<string, VirtualService>();
    for (const name of this.#rota.placed) {
      const probed = this.#probed.get(name);
      const mark = this.#markOf(name);
      if (probed === undefined || mark === null) continue;
      const known = before.get(name);
      const isKnown = known?.key === probeServiceKey(probed.service.address.family, mark);
      const service =
        isKnown && this.#madeFrom.get(known) === probed.server ? known : probeService(probed, mark);
      this.#madeFrom.set(service, probed.server);
      made.set(name, service);
    }
    return made;
  }

  #markOf(name: string): number | null {
    return this.#marks?.markOf(name) ?? null;
  }

  #vacancy(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      // Probes that come later have the same signal.
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.push(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function none(reason: string): ProbePath {
  return { mark: null, reason };
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
