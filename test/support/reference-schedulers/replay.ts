/** Replays a recorded trace against a subject, with counters and OVERLOAD computed and not taken from the file. */
import { addressWords } from './addresses.js';
import { DEFAULT_OPTIONS } from './model.js';
import type { DestinationSettings, Packet } from './model.js';
import type { Subject, SubjectFactory } from './subject.js';
import { generationOf, serverName } from './trace.js';
import type { Trace, TracedDestination, TraceStep } from './trace.js';

export interface ReplayResult {
  readonly choices: number;
  /** What differs from the recording, in order. */
  readonly differences: readonly string[];
}

/** A connection reset by its client leaves the kernel's table after this long. */
const CLOSE_TIMEOUT_SEC = 10;

interface Connection<Server> {
  readonly server: Server;
  reset: boolean;
}

/** Replays every step; never throws because of a wrong choice. */
export function replayTrace<Server>(trace: Trace, createSubject: SubjectFactory<Server>): ReplayResult {
  return new Replay(trace, createSubject).run();
}

class Replay<Server> {
  readonly #trace: Trace;
  readonly #subject: Subject<Server>;
  readonly #servers = new Map<string, Server>();
  readonly #counts = new Map<Server, [active: number, inactive: number]>();
  readonly #connections = new Map<number, Connection<Server>>();
  readonly #templates = new Map<string, Server>();
  readonly #differences: string[] = [];
  #nowMs = 0;
  #choices = 0;

  constructor(trace: Trace, createSubject: SubjectFactory<Server>) {
    this.#trace = trace;
    const expirationSec = trace.sysctl[`${trace.scheduler}_expiration`];
    this.#subject = createSubject({
      ...DEFAULT_OPTIONS,
      algorithm: trace.scheduler,
      flags: trace.flags === '' ? [] : trace.flags.split(','),
      generation: generationOf(trace),
      ...(expirationSec === undefined ? {} : { expirationMs: expirationSec * 1000 }),
    });
  }

  run(): ReplayResult {
    for (const destination of this.#trace.destinations) this.#add(destination);
    for (const [index, step] of this.#trace.steps.entries()) {
      this.#step(step, index);
      this.#compareCounts(step, index);
    }
    return { choices: this.#choices, differences: this.#differences };
  }

  #step(step: TraceStep, index: number): void {
    switch (step.op) {
      case 'open':
        this.#open(step, index);
        break;
      case 'close':
        this.#close(step.conn, step.how === 'rst');
        break;
      case 'set-weight':
        this.#subject.edit(this.#server(serverName(step.dest)), settingsOf(step.dest));
        break;
      case 'add':
        this.#add(step.dest);
        break;
      case 'del':
        this.#subject.remove(this.#server(serverName(step.dest)));
        break;
      case 'advance':
        this.#advance(step.seconds);
        break;
    }
  }

  #add(destination: TracedDestination): void {
    const name = serverName(destination);
    if (!this.#servers.has(name)) {
      const family = this.#trace.family === 'inet' ? 4 : 6;
      const server = this.#subject.create(family, destination.address, destination.port);
      this.#servers.set(name, server);
      this.#counts.set(server, [0, 0]);
    }
    this.#subject.add(this.#server(name), settingsOf(destination));
  }

  #open(step: TraceStep & { op: 'open' }, index: number): void {
    const key = this.#templateKey(step);
    const template = key === null ? undefined : this.#templates.get(key);
    const chosen = template ?? this.#subject.pick(this.#packet(step), this.#nowMs);
    this.#choices += 1;
    const name = chosen === null ? null : this.#nameOf(chosen);
    if (name !== step.chosen) {
      this.#differences.push(`step ${index}: chose ${String(name)}, recorded ${String(step.chosen)}`);
    }
    if (chosen === null) return;
    if (key !== null && template === undefined) {
      this.#templates.set(key, chosen);
      this.#subject.templateBound(chosen);
    }
    this.#subject.connectionBound(chosen);
    this.#subject.connectionActive(chosen);
    this.#counts.get(chosen)![0] += 1;
    this.#connections.set(step.conn, { server: chosen, reset: false });
  }

  #templateKey(step: TraceStep & { op: 'open' }): string | null {
    if (this.#trace.persistence === null) return null;
    const mask = addressWords(this.#trace.persistence.netmask)[0]!;
    return `${step.vip.addr} ${step.vip.port} ${addressWords(step.client.addr)[0]! & mask}`;
  }

  #packet(step: TraceStep & { op: 'open' }): Packet {
    return {
      family: this.#trace.family === 'inet' ? 4 : 6,
      source: step.client.addr,
      sourcePort: step.client.port,
      destination: step.vip.addr,
      destinationPort: step.vip.port,
      protocol: 'tcp',
    };
  }

  #close(number: number, reset: boolean): void {
    const connection = this.#connections.get(number);
    if (connection === undefined) return;
    connection.reset = reset;
    this.#subject.connectionInactive(connection.server);
    const counts = this.#counts.get(connection.server)!;
    counts[0] -= 1;
    counts[1] += 1;
  }

  #advance(seconds: number): void {
    this.#nowMs += seconds * 1000;
    if (seconds <= CLOSE_TIMEOUT_SEC) return;
    for (const [number, connection] of this.#connections) {
      if (!connection.reset) continue;
      this.#connections.delete(number);
      this.#counts.get(connection.server)![1] -= 1;
      this.#subject.connectionUnbound(connection.server, false);
    }
  }

  #compareCounts(step: TraceStep, index: number): void {
    for (const [name, [active, inactive]] of Object.entries(step.counts)) {
      const [ownActive, ownInactive] = this.#counts.get(this.#server(name))!;
      if (ownActive === active && ownInactive === inactive) continue;
      this.#differences.push(
        `step ${index}: ${name} counts ${ownActive}/${ownInactive}, recorded ${active}/${inactive}`,
      );
    }
  }

  #server(name: string): Server {
    return this.#servers.get(name)!;
  }

  #nameOf(server: Server): string {
    for (const [name, candidate] of this.#servers) if (candidate === server) return name;
    return 'an unknown server';
  }
}

function settingsOf(destination: TracedDestination): DestinationSettings {
  return { weight: destination.weight, upper: destination.uThreshold, lower: destination.lThreshold };
}
