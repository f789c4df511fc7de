/** Plays made-up connections through a scheduler and tells how evenly it dealt them. No network, no clock. */
import type { Random } from '../base/clock.js';
import {
  createScheduler,
  type Flow,
  type KernelGeneration,
  type Scheduler,
  type SchedulerName,
  type SchedulerServer,
} from '../../schedulers/index.js';
import { expectedShares } from './expected-share.js';

export interface BalanceServer {
  readonly name: string;
  readonly weight: number;
}

/** A server leaves before this connection (1 = the first). */
export interface BalanceRemoval {
  readonly server: string;
  readonly at: number;
}

export interface BalanceOptions {
  readonly scheduler: SchedulerName;
  readonly flags: readonly string[];
  readonly generation: KernelGeneration;
  /** In the order added; names are unique. */
  readonly servers: readonly BalanceServer[];
  /** How many connections are opened, one after the other. */
  readonly connections: number;
  /** A connection ends when this many more have been opened. */
  readonly hold: number;
  /** Distinct clients; each connection comes from one of them at random. */
  readonly clients: number;
  /** Each names one of `servers`. */
  readonly removals: readonly BalanceRemoval[];
  readonly random: Random;
}

export interface ServerBalance extends BalanceServer {
  readonly connections: number;
  /** Of the connections that found a server, 0..1. */
  readonly share: number;
  /** What the scheduler promises, averaged over the time that the server was there; 0..1. */
  readonly expectedShare: number;
}

/** The moment at which open connections lay furthest from what was promised, once `hold` were open. */
export interface UnequalMoment {
  /** After this connection was opened. */
  readonly connection: number;
  readonly server: string;
  readonly open: number;
  readonly openInAll: number;
  readonly share: number;
  readonly expectedShare: number;
}

/** What a leaving server did to clients that came before and after. */
export interface RemovalEffect extends BalanceRemoval {
  /** Clients whose last connection was on it: they had to move. */
  readonly displaced: number;
  /** Clients of the other servers. */
  readonly others: number;
  /** Those of `others` whose next connection went elsewhere, though their server was still there. */
  readonly moved: number;
}

export interface Balance {
  /** In the order of the options. */
  readonly servers: readonly ServerBalance[];
  /** Connections that no server could take. */
  readonly refused: number;
  /** null when fewer than `hold` connections were ever open. */
  readonly mostUnequal: UnequalMoment | null;
  readonly removals: readonly RemovalEffect[];
}

/** Deals the connections. Same options and same random numbers give the same result. */
export function simulateBalance(options: BalanceOptions): Balance {
  return new BalanceRun(options).run();
}

/** A server and what is counted of it. */
class Member implements SchedulerServer {
  readonly family = 4;
  readonly port = 80;
  readonly name: string;
  readonly address: string;
  weight: number;
  activeConnections = 0;
  inactiveConnections = 0;
  upperThreshold = 0;
  lowerThreshold = 0;
  overloaded = false;
  connections = 0;
  expected = 0;

  constructor({ name, weight }: BalanceServer, index: number) {
    this.name = name;
    this.weight = weight;
    this.address = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
  }
}

/** Where a client's last connection before a removal and the first one after it went. */
interface Departure {
  readonly removal: BalanceRemoval;
  readonly member: Member;
  readonly before: ReadonlyMap<number, Member>;
  readonly after: Map<number, Member>;
}

class BalanceRun {
  readonly #options: BalanceOptions;
  readonly #scheduler: Scheduler;
  readonly #members: readonly Member[];
  /** Newest first. */
  #present: Member[] = [];
  #expected: ReadonlyMap<string, number> = new Map();
  /** A ring of the servers of the last `hold` connections; null = refused. */
  readonly #open: (Member | null)[] = [];
  readonly #lastOfClient = new Map<number, Member>();
  readonly #departures: Departure[] = [];
  #refused = 0;
  #mostUnequal: UnequalMoment | null = null;

  constructor(options: BalanceOptions) {
    this.#options = options;
    this.#scheduler = createScheduler(options.scheduler, {
      flags: options.flags,
      generation: options.generation,
    });
    this.#members = options.servers.map((server, index) => new Member(server, index + 1));
  }

  run(): Balance {
    for (const member of this.#members) this.#scheduler.added(member);
    this.#setPresent([...this.#members].reverse());
    for (let connection = 1; connection <= this.#options.connections; connection++) {
      this.#removeDue(connection);
      this.#openOne(connection);
    }
    return {
      servers: this.#members.map((member) => this.#balanceOf(member)),
      refused: this.#refused,
      mostUnequal: this.#mostUnequal,
      removals: this.#departures.map(effectOf),
    };
  }

  #setPresent(present: Member[]): void {
    this.#present = present;
    this.#expected = expectedShares(this.#options.scheduler, present, this.#options.hold);
  }

  #removeDue(connection: number): void {
    for (const removal of this.#options.removals) {
      const member = this.#present.find(({ name }) => name === removal.server);
      if (removal.at !== connection || member === undefined) continue;
      this.#scheduler.removed(member);
      this.#setPresent(this.#present.filter((other) => other !== member));
      this.#departures.push({ removal, member, before: new Map(this.#lastOfClient), after: new Map() });
    }
  }

  #openOne(connection: number): void {
    const slot = (connection - 1) % this.#options.hold;
    this.#close(this.#open[slot] ?? null);
    const client = Math.floor(this.#options.random() * this.#options.clients);
    // Connections do not end by time here, and no simulation lasts until a cache expires.
    const member = this.#scheduler.pick(this.#flowOf(client), 0) as Member | null;
    this.#open[slot] = member;
    if (member === null) {
      this.#refused++;
      return;
    }
    member.activeConnections++;
    member.connections++;
    for (const present of this.#present) present.expected += this.#expected.get(present.name) ?? 0;
    this.#noteClient(client, member);
    if (connection >= this.#options.hold) this.#noteMoment(connection);
  }

  #close(member: Member | null): void {
    if (member !== null) member.activeConnections--;
  }

  /** Each client has a virtual address of its own, as behind a firewall mark: dh, lblc and lblcr go by it. */
  #flowOf(client: number): Flow {
    const host = client + 1;
    const tail = `${(host >> 16) & 255}.${(host >> 8) & 255}.${host & 255}`;
    return {
      family: 4,
      source: `172.${tail}`,
      sourcePort: 1024 + Math.floor(this.#options.random() * 64512),
      destination: `192.${tail}`,
      destinationPort: 80,
      protocol: 'tcp',
    };
  }

  #noteClient(client: number, member: Member): void {
    this.#lastOfClient.set(client, member);
    for (const { after } of this.#departures) {
      if (!after.has(client)) after.set(client, member);
    }
  }

  #noteMoment(connection: number): void {
    const openInAll = this.#present.reduce((sum, member) => sum + member.activeConnections, 0);
    for (const member of this.#present) {
      const share = member.activeConnections / openInAll;
      const expectedShare = this.#expected.get(member.name) ?? 0;
      const worst = this.#mostUnequal;
      if (worst !== null && Math.abs(share - expectedShare) <= Math.abs(worst.share - worst.expectedShare)) {
        continue;
      }
      const open = member.activeConnections;
      this.#mostUnequal = { connection, server: member.name, open, openInAll, share, expectedShare };
    }
  }

  #balanceOf(member: Member): ServerBalance {
    const served = this.#options.connections - this.#refused;
    return {
      name: member.name,
      weight: member.weight,
      connections: member.connections,
      share: served === 0 ? 0 : member.connections / served,
      expectedShare: served === 0 ? 0 : member.expected / served,
    };
  }
}

/** Counts only clients that were seen on both sides of the removal. */
function effectOf({ removal, member, before, after }: Departure): RemovalEffect {
  let displaced = 0;
  let others = 0;
  let moved = 0;
  for (const [client, next] of after) {
    const last = before.get(client);
    if (last === undefined) continue;
    if (last === member) displaced++;
    else others++;
    if (last !== member && last !== next) moved++;
  }
  return { ...removal, displaced, others, moved };
}
