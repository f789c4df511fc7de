/** Plays a recorded service through a scheduler and compares every choice with the kernel's. */
import {
  createScheduler,
  PersistenceTable,
  type Flow,
  type KernelGeneration,
  type Scheduler,
} from '../../schedulers/index.js';
import { generationOfKernel } from '../model/kernel-generation.js';
import { ReplayServer } from './replay-server.js';
import type { ServerName, Trace, TraceDestination, TraceStep } from './trace.js';
import { storyFault } from './trace-error.js';

/** A step is given this much time; recordings say that up to 50 ms makes no difference. */
const STEP_MS = 1;

export interface ReplayOptions {
  /** Default: that of the trace's kernel. */
  readonly generation?: KernelGeneration;
}

/** One server at the moment of a difference. */
export interface ReplayServerState {
  readonly name: ServerName;
  readonly weight: number;
  readonly activeConnections: number;
  readonly inactiveConnections: number;
  readonly overloaded: boolean;
}

/** Where a replay first went another way than the kernel. */
export interface ReplayDifference {
  readonly about: 'choice' | 'list order';
  /** Index in `steps`; -1 = the list before the first step. */
  readonly step: number;
  /** What the kernel did. */
  readonly expected: string;
  readonly got: string;
  /** The list as it stood when the choice was made, newest first. */
  readonly servers: readonly ReplayServerState[];
}

export interface ReplayResult {
  readonly generation: KernelGeneration;
  /** Steps that are choices. */
  readonly choices: number;
  /** Choices equal to the kernel's. After a difference the replay goes on from the recorded state. */
  readonly matched: number;
  readonly firstDifference: ReplayDifference | null;
}

type OpenStep = TraceStep & { readonly op: 'open' };

/**
 * Replays one trace.
 *
 * Counts are taken from the recording, the OVERLOAD flag and persistence follow the rules of the generation.
 *
 * @throws TraceError ERR_TRACE_STORY when a step speaks of a server that cannot be there
 * @throws SchedulerError when the trace's flags are not the scheduler's
 */
export function replayTrace(trace: Trace, options: ReplayOptions = {}): ReplayResult {
  return new Replay(trace, options.generation ?? generationOfKernel(trace.kernel)).run();
}

class Replay {
  readonly #trace: Trace;
  readonly #generation: KernelGeneration;
  readonly #scheduler: Scheduler;
  readonly #templates: PersistenceTable<ReplayServer> | null;
  /** Every server that ever was, by name: a removed one comes back as the same object. */
  readonly #known = new Map<ServerName, ReplayServer>();
  /** Newest first. */
  #list: ReplayServer[] = [];
  #nowMs = 0;
  #choices = 0;
  #matched = 0;
  #difference: ReplayDifference | null = null;

  constructor(trace: Trace, generation: KernelGeneration) {
    this.#trace = trace;
    this.#generation = generation;
    this.#scheduler = createScheduler(trace.scheduler, {
      flags: trace.flags,
      generation,
      ...(trace.expirationSec === null ? {} : { expirationMs: trace.expirationSec * 1000 }),
    });
    this.#templates = templatesOf(trace);
  }

  run(): ReplayResult {
    for (const [index, destination] of this.#trace.destinations.entries()) {
      this.#add(destination, `destinations[${index}]`);
    }
    this.#compareOrder(-1, this.#trace.kernelListOrder);
    for (const [index, step] of this.#trace.steps.entries()) {
      this.#play(step, index);
      this.#compareOrder(index, [...step.counts.keys()]);
    }
    return {
      generation: this.#generation,
      choices: this.#choices,
      matched: this.#matched,
      firstDifference: this.#difference,
    };
  }

  #play(step: TraceStep, index: number): void {
    const at = `steps[${index}]`;
    this.#nowMs += STEP_MS;
    switch (step.op) {
      case 'open':
        this.#open(step, index);
        break;
      case 'close':
        this.#takeCounts(step);
        break;
      case 'advance':
        this.#nowMs += step.seconds * 1000;
        this.#takeCounts(step);
        break;
      case 'set-weight':
        this.#edit(step.dest, at);
        this.#takeCounts(step);
        break;
      case 'add':
        this.#revive(step);
        this.#add(step.dest, at);
        this.#takeCounts(step);
        break;
      case 'del':
        this.#remove(step.dest.name, at);
        this.#takeCounts(step);
        break;
    }
  }

  #open(step: OpenStep, index: number): void {
    const server = this.#choose(step);
    const got = server?.name ?? null;
    this.#choices++;
    if (got === step.chosen) this.#matched++;
    else this.#differ('choice', index, step.chosen ?? 'no destination', got ?? 'no destination');
    this.#takeCounts(step, step.chosen);
  }

  #choose(step: OpenStep): ReplayServer | null {
    const flow = this.#flowOf(step);
    if (this.#templates === null) return this.#pick(flow);
    const template = this.#templates.acquire(flow, this.#nowMs, () => {
      const server = this.#pick(flow);
      server?.bindTemplate();
      return server;
    });
    return template?.server ?? null;
  }

  /** The scheduler answers one of the very objects that it was given. */
  #pick(flow: Flow): ReplayServer | null {
    return this.#scheduler.pick(flow, this.#nowMs) as ReplayServer | null;
  }

  #flowOf({ client, vip }: OpenStep): Flow {
    return {
      family: this.#trace.family,
      source: client.address,
      sourcePort: client.port,
      destination: vip.address,
      destinationPort: vip.port,
      protocol: this.#trace.service.kind === 'address' ? this.#trace.service.protocol : 'tcp',
    };
  }

  #takeCounts(step: TraceStep, opened: ServerName | null = null): void {
    for (const [name, counts] of step.counts) {
      this.#known.get(name)?.takeCounts(counts, name === opened ? 1 : 0);
    }
  }

  /** Connections of a removed server went on ending; its counts tell when it comes back. */
  #revive({ dest, counts }: TraceStep & { readonly op: 'add' }): void {
    const pair = counts.get(dest.name);
    if (pair !== undefined) this.#known.get(dest.name)?.takeCounts(pair, 0);
  }

  #add(destination: TraceDestination, at: string): void {
    if (this.#linked(destination.name) !== undefined) {
      throw storyFault(at, `${destination.name} is added twice`);
    }
    const server =
      this.#known.get(destination.name) ??
      new ReplayServer(destination, this.#trace.family, this.#generation);
    server.configure(destination);
    this.#known.set(server.name, server);
    this.#list.unshift(server);
    this.#scheduler.added(server);
    this.#templates?.serverAdded(server);
  }

  #edit(destination: TraceDestination, at: string): void {
    const server = this.#linkedOrFault(destination.name, at);
    server.configure(destination);
    this.#scheduler.edited(server);
  }

  #remove(name: ServerName, at: string): void {
    const server = this.#linkedOrFault(name, at);
    this.#list = this.#list.filter((other) => other !== server);
    this.#scheduler.removed(server);
    this.#templates?.serverRemoved(server);
  }

  #linked(name: ServerName): ReplayServer | undefined {
    return this.#list.find((server) => server.name === name);
  }

  #linkedOrFault(name: ServerName, at: string): ReplayServer {
    const server = this.#linked(name);
    if (server === undefined) throw storyFault(at, `${name} is not in the list`);
    return server;
  }

  #compareOrder(step: number, recorded: readonly ServerName[]): void {
    const expected = recorded.join(' ');
    const got = this.#list.map((server) => server.name).join(' ');
    if (got !== expected) this.#differ('list order', step, expected, got);
  }

  #differ(about: ReplayDifference['about'], step: number, expected: string, got: string): void {
    this.#difference ??= { about, step, expected, got, servers: this.#list.map(stateOf) };
  }
}

function stateOf(server: ReplayServer): ReplayServerState {
  const { name, weight, activeConnections, inactiveConnections, overloaded } = server;
  return { name, weight, activeConnections, inactiveConnections, overloaded };
}

/** Templates are never released: no recording lasts as long as its timeout. */
function templatesOf({ family, persistence, service }: Trace): PersistenceTable<ReplayServer> | null {
  if (persistence === null) return null;
  return new PersistenceTable<ReplayServer>({
    family,
    prefixLength: persistence.prefixLength,
    timeoutMs: persistence.timeoutSec * 1000,
    service,
  });
}
