/** What makes weights others than the configured for a while, beside the checks: agents, and servers that come back. */
import type { AgentReport } from '../model/agent.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import { copyFacts, setFact, type KeptFacts, type ServerFacts } from './facts.js';
import { SlowStarts, type SlowStartBegin, type SlowStartsOptions } from './slow-start.js';
import type { ServicesChange } from './services-change.js';

/** What is to be kept over a restart. */
export interface RememberedLoads {
  readonly agents: ServerFacts<AgentReport>;
  readonly begins: ServerFacts<SlowStartBegin>;
}

export const NO_LOADS: RememberedLoads = { agents: new Map(), begins: new Map() };

/** `slow-start`: a server began or is done; `agent`: one has spoken. */
export type LoadsChange = 'slow-start' | 'agent';

export interface ServerLoadsOptions extends Omit<SlowStartsOptions, 'before' | 'onChange'> {
  /** Something is to be remembered. */
  readonly onChange: (change: LoadsChange) => void;
  /** From an earlier process; copied. */
  readonly before?: RememberedLoads | undefined;
}

/** One a director; follows its configuration. */
export class ServerLoads implements RememberedLoads {
  readonly slowStarts: SlowStarts;
  readonly #agents: KeptFacts<AgentReport>;
  readonly #onChange: (change: LoadsChange) => void;

  constructor({ before = NO_LOADS, ...options }: ServerLoadsOptions) {
    this.#agents = copyFacts(before.agents);
    this.#onChange = options.onChange;
    const onChange = (): void => options.onChange('slow-start');
    this.slowStarts = new SlowStarts({ ...options, before: before.begins, onChange });
  }

  /** A live view. */
  get agents(): ServerFacts<AgentReport> {
    return this.#agents;
  }

  get begins(): ServerFacts<SlowStartBegin> {
    return this.slowStarts.begins;
  }

  /** Remembers what the agent says, or forgets it with null. */
  setAgent(service: ServiceKey, server: ServerKey, report: AgentReport | null): void {
    setFact(this.#agents, service, server, report);
    this.#onChange('agent');
  }

  /** Forgets agents of servers that are not in the services, or whose service asks none. */
  follow(change: ServicesChange): void {
    const { services } = change;
    for (const [key, reports] of this.#agents) {
      const service = services.get(key);
      const kept = new Set(service?.agent === undefined ? [] : service.servers.map((server) => server.key));
      for (const server of reports.keys()) if (!kept.has(server)) reports.delete(server);
      if (reports.size === 0) this.#agents.delete(key);
    }
    this.slowStarts.follow(change);
  }

  /** The service has another key from now on. */
  move(from: ServiceKey, to: ServiceKey): void {
    const reports = this.#agents.get(from);
    this.#agents.delete(from);
    if (reports !== undefined) this.#agents.set(to, reports);
    this.slowStarts.move(from, to);
  }
}
