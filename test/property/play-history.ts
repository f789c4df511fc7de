/** Plays a history against a subject and notes what can be seen of it after every operation. */
import type { Subject, SubjectFactory } from '../support/reference-schedulers/subject.js';
import type { History, Operation } from './history.js';

/**
 * What one operation showed: for a pick the chosen object's number from 1 (0 = none), and the OVERLOAD flag of
 * the server concerned. Objects are numbered as they are made, so equal observations mean the same object.
 */
export interface Observation {
  readonly chosen: number | null;
  readonly overloaded: boolean | null;
}

/** Observes every operation until `visit` says to stop, which it does by returning false. */
export function playHistory<Server>(
  history: History,
  createSubject: SubjectFactory<Server>,
  visit: (observation: Observation, index: number) => boolean,
): void {
  const player = new Player(history, createSubject(history.options));
  for (const [index, operation] of history.operations.entries()) {
    if (!visit(player.play(operation), index)) return;
  }
}

/** All observations of a history. */
export function observe<Server>(history: History, createSubject: SubjectFactory<Server>): Observation[] {
  const observations: Observation[] = [];
  playHistory(history, createSubject, (observation) => observations.push(observation) > 0);
  return observations;
}

/** The first operation at which a subject differs from what was expected, or null. */
export function firstDifference<Server>(
  history: History,
  expected: readonly Observation[],
  createSubject: SubjectFactory<Server>,
): { readonly index: number; readonly observed: Observation } | null {
  let difference: { index: number; observed: Observation } | null = null;
  playHistory(history, createSubject, (observed, index) => {
    const wanted = expected[index];
    const same = observed.chosen === wanted?.chosen && observed.overloaded === wanted.overloaded;
    if (!same) difference = { index, observed };
    return same;
  });
  return difference;
}

const NOTHING: Observation = { chosen: null, overloaded: null };

interface Connection<Server> {
  readonly server: Server;
  active: boolean;
}

class Player<Server> {
  readonly #history: History;
  readonly #subject: Subject<Server>;
  readonly #current: (Server | undefined)[] = [];
  readonly #linked = new Set<Server>();
  readonly #numbers = new Map<Server, number>();
  readonly #connections: Connection<Server>[] = [];
  #nowMs = 0;

  constructor(history: History, subject: Subject<Server>) {
    this.#history = history;
    this.#subject = subject;
    if (history.bound.length === 0) return;
    const present = history.bound.map(({ slot, ...rest }) => ({ server: this.#make(slot), ...rest }));
    for (const { server } of present) this.#linked.add(server);
    subject.bind(present);
  }

  play(operation: Operation): Observation {
    switch (operation.op) {
      case 'add':
        return this.#add(operation);
      case 'edit':
        return this.#withLinked(operation.slot, (server) => this.#subject.edit(server, operation.settings));
      case 'remove':
        return this.#withLinked(operation.slot, (server) => {
          this.#linked.delete(server);
          this.#subject.remove(server);
        });
      case 'open':
        return this.#open(operation);
      case 'load':
        return this.#load(operation);
      case 'idle':
        return this.#idle(operation.at);
      case 'end':
        return this.#end(operation);
      case 'template':
        return this.#template(operation);
      case 'surge':
        return this.#surge(operation);
      case 'advance':
        this.#nowMs += operation.ms;
        return NOTHING;
    }
  }

  #make(slot: number): Server {
    const { family, address, port } = this.#history.slots[slot]!;
    const server = this.#subject.create(family, address, port);
    this.#current[slot] = server;
    this.#numbers.set(server, this.#numbers.size + 1);
    return server;
  }

  #flagOf(server: Server): Observation {
    return { chosen: null, overloaded: this.#subject.overloaded(server) };
  }

  #withLinked(slot: number, act: (server: Server) => void): Observation {
    const server = this.#current[slot];
    if (server === undefined || !this.#linked.has(server)) return NOTHING;
    act(server);
    return this.#flagOf(server);
  }

  #add({ slot, settings, fresh }: Operation & { op: 'add' }): Observation {
    const known = this.#current[slot];
    if (known !== undefined && this.#linked.has(known)) return NOTHING;
    const server = known === undefined || fresh ? this.#make(slot) : known;
    this.#linked.add(server);
    this.#subject.add(server, settings);
    return this.#flagOf(server);
  }

  #open({ packet, becomes }: Operation & { op: 'open' }): Observation {
    const server = this.#subject.pick(packet, this.#nowMs);
    if (server === null) return { chosen: 0, overloaded: null };
    if (becomes !== 'nothing') this.#connect(server, becomes === 'active');
    return { chosen: this.#numbers.get(server) ?? -1, overloaded: this.#subject.overloaded(server) };
  }

  #connect(server: Server, active: boolean): void {
    this.#subject.connectionBound(server);
    if (active) this.#subject.connectionActive(server);
    this.#connections.push({ server, active });
  }

  #load({ slot, count, active }: Operation & { op: 'load' }): Observation {
    const server = this.#current[slot];
    if (server === undefined) return NOTHING;
    for (let made = 0; made < count; made++) this.#connect(server, active);
    return this.#flagOf(server);
  }

  #idle(at: number): Observation {
    const connection = this.#connections[at % this.#connections.length];
    if (connection?.active !== true) return NOTHING;
    connection.active = false;
    this.#subject.connectionInactive(connection.server);
    return this.#flagOf(connection.server);
  }

  #end({ at, count }: Operation & { op: 'end' }): Observation {
    let observation = NOTHING;
    for (let ended = 0; ended < count && this.#connections.length > 0; ended++) {
      const [connection] = this.#connections.splice(at % this.#connections.length, 1);
      this.#subject.connectionUnbound(connection!.server, connection!.active);
      observation = this.#flagOf(connection!.server);
    }
    return observation;
  }

  #surge({ slot, active, inactive }: Operation & { op: 'surge' }): Observation {
    const server = this.#current[slot];
    if (server === undefined) return NOTHING;
    this.#subject.surge(server, active, inactive);
    return this.#flagOf(server);
  }

  #template({ slot, bound }: Operation & { op: 'template' }): Observation {
    const server = this.#current[slot];
    if (server === undefined) return NOTHING;
    if (bound) this.#subject.templateBound(server);
    else this.#subject.templateUnbound(server);
    return this.#flagOf(server);
  }
}
