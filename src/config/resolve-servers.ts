/** Writes out which servers each service has: pools are followed, defaults of the service put in. */
import { serverKey, type ServerKey } from '../model/keys.js';
import type { ForwardingMethod } from '../model/real-server.js';
import { placeText, valuePlace, type Draft, type ServiceDraft, type Spot } from './draft.js';
import { reportPoolCycles } from './pool-graph.js';
import { suggest, type ProblemList, type ProblemPlace } from './problem-list.js';
import type { ServerConfig, ServerEntry } from './schema/server.js';

/** More levels help nobody; a limit keeps the stack small. */
const DEEPEST_POOL = 32;

/** Of all services together. A thousand services that take one large pool are more than memory can hold. */
const MOST_SERVERS = 250_000;

/** A server of one service with the place where it is written, perhaps in a pool. */
export interface ResolvedServer {
  readonly spot: Spot;
  readonly config: ServerConfig;
  readonly key: ServerKey;
  readonly port: number;
  readonly forwarding: Exclude<ForwardingMethod, 'local'>;
  /** Of the backup pool. */
  readonly backup: boolean;
}

export interface ResolvedService extends ServiceDraft {
  readonly servers: readonly ResolvedServer[];
  /** False when a pool that it takes could not be read. */
  readonly complete: boolean;
}

/** Missing and circular pools and doubled servers are in the problems. Linear in what is written and what results. */
export function resolveServers(draft: Draft, problems: ProblemList): ResolvedService[] {
  const circular = reportPoolCycles(draft.pools, problems);
  reportUnknownPools(draft, problems);
  const services: ResolvedService[] = [];
  let total = 0;
  for (const service of draft.services) {
    const resolved = new Resolution(draft, circular, service, problems).run();
    total += resolved.servers.length;
    if (total > MOST_SERVERS) {
      reportTooMany(service, problems);
      break;
    }
    services.push(resolved);
  }
  return services;
}

function reportTooMany({ spot }: ServiceDraft, problems: ProblemList): void {
  problems.add(valuePlace(spot, 'servers'), {
    rule: 'too-many-servers',
    message: `the services have more than ${MOST_SERVERS} servers together`,
    hint: 'a pool counts again in every service that takes it',
  });
}

class Resolution {
  readonly #draft: Draft;
  readonly #circular: ReadonlySet<string>;
  readonly #service: ServiceDraft;
  readonly #problems: ProblemList;
  readonly #servers = new Map<ServerKey, ResolvedServer>();
  /** Where this service takes each pool. */
  readonly #taken = new Map<string, Spot>();
  readonly #names = new Map<string, ResolvedServer>();
  #complete: boolean;
  #backup = false;

  constructor(draft: Draft, circular: ReadonlySet<string>, service: ServiceDraft, problems: ProblemList) {
    this.#draft = draft;
    this.#circular = circular;
    this.#service = service;
    this.#problems = problems;
    this.#complete = draft.complete;
  }

  run(): ResolvedService {
    const { spot, config } = this.#service;
    this.#addAll(config.servers, { file: spot.file, path: [...spot.path, 'servers'] }, 0);
    this.#backup = true;
    if (config.backup_pool !== undefined)
      this.#addPool(config.backup_pool, { file: spot.file, path: [...spot.path, 'backup_pool'] }, 0);
    return { spot, config, servers: [...this.#servers.values()], complete: this.#complete };
  }

  #addAll(entries: readonly ServerEntry[], list: Spot, depth: number): void {
    for (const [index, entry] of entries.entries()) {
      const spot = { file: list.file, path: [...list.path, index] };
      if ('pool' in entry) this.#addPool(entry.pool, spot, depth);
      else this.#addServer(entry, spot);
    }
  }

  #addPool(name: string, spot: Spot, depth: number): void {
    const pool = this.#draft.pools.get(name);
    const entries = pool?.entries ?? null;
    if (this.#taken.has(name)) this.#reportTakenTwice(name, spot);
    else {
      this.#taken.set(name, spot);
      if (pool === undefined || entries === null) this.#complete = false;
      else if (depth < DEEPEST_POOL) this.#addAll(entries, pool.spot, depth + 1);
      else this.#reportTooDeep(spot);
    }
  }

  #reportTooDeep(spot: Spot): void {
    this.#problems.add(valuePlace(spot, 'pool'), {
      rule: 'pool-depth',
      message: `pools take one another through more than ${DEEPEST_POOL} levels`,
    });
  }

  #reportTakenTwice(name: string, spot: Spot): void {
    const first = this.#taken.get(name);
    if (first === undefined || this.#circular.has(name)) return;
    this.#problems.add(valuePlace(spot, 'pool'), {
      rule: 'duplicate-server',
      message: `the service "${this.#service.config.name}" takes the pool "${name}" twice, first at ${placeText(valuePlace(first))}`,
      hint: 'take it once',
    });
  }

  #addServer(config: ServerConfig, spot: Spot): void {
    const service = this.#service.config;
    const port = config.address.port ?? service.address?.port ?? 0;
    const key = serverKey({ address: config.address.text, port });
    const forwarding = config.forwarding ?? service.forwarding;
    const server = { spot, config, key, port, forwarding, backup: this.#backup };
    const first = this.#servers.get(key);
    if (first !== undefined) this.#reportDoubled(key, spot, first.spot);
    else {
      this.#servers.set(key, server);
      this.#checkName(server);
    }
  }

  #reportDoubled(key: ServerKey, spot: Spot, first: Spot): void {
    this.#problems.add(valuePlace(spot), {
      rule: 'duplicate-server',
      message: `the service "${this.#service.config.name}" has the server ${key} twice, first at ${placeText(valuePlace(first))}`,
      hint: 'remove one of them; weight says how much a server takes',
    });
  }

  #checkName(server: ResolvedServer): void {
    const { name } = server.config;
    if (name === undefined) return;
    const first = this.#names.get(name);
    if (first === undefined) this.#names.set(name, server);
    else {
      this.#problems.add(valuePlace(server.spot, 'name'), {
        rule: 'duplicate-server-name',
        message: `the service "${this.#service.config.name}" has two servers "${name}", the first at ${placeText(valuePlace(first.spot))}`,
      });
    }
  }
}

/** Unless a file is missing: then the pool may well be in it. */
function reportUnknownPools(draft: Draft, problems: ProblemList): void {
  if (!draft.filesComplete) return;
  const lists = [
    ...[...draft.pools.values()].map(({ spot, entries }) => ({ spot, entries: entries ?? [] })),
    ...draft.services.map(({ spot, config }) => ({
      spot: { file: spot.file, path: [...spot.path, 'servers'] },
      entries: config.servers,
    })),
  ];
  for (const { spot, entries } of lists) {
    for (const [index, entry] of entries.entries()) {
      if ('pool' in entry) reportUnknownPool(entry.pool, valuePlace(spot, index, 'pool'), draft, problems);
    }
  }
  for (const { spot, config } of draft.services) {
    if (config.backup_pool === undefined) continue;
    reportUnknownPool(config.backup_pool, valuePlace(spot, 'backup_pool'), draft, problems);
  }
}

function reportUnknownPool(name: string, place: ProblemPlace, { pools }: Draft, problems: ProblemList): void {
  if (pools.has(name)) return;
  problems.add(place, {
    rule: 'unknown-pool',
    message: `there is no pool "${name}"`,
    hint: suggest(name, [...pools.keys()]) ?? 'no pools are defined',
  });
}
