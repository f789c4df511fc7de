/** The agents of all servers: asked by the same probes as the checks, beside them. They make no verdict. */
import type { Clock } from '../base/clock.js';
import type { AgentReport } from '../model/agent.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import { AgentWatch } from './agent-watch.js';
import { probeKey } from './probe-key.js';
import type { Prober } from './prober.js';
import type { ProberPool } from './prober-pool.js';
import type { StallWatch } from './stall-watch.js';
import type { CheckedService } from './types.js';

/** What an earlier director left about an agent; null when there is nothing to go by. */
export type RememberedAgent = (service: ServiceKey, server: ServerKey) => AgentReport | null;

export type OnAgent = (service: ServiceKey, server: ServerKey, report: AgentReport | null) => void;

export interface AgentsOptions {
  readonly clock: Clock;
  readonly stalls: StallWatch;
  readonly pool: ProberPool;
  /** Hears of every report; of null when a server that stays has no agent any more. */
  readonly onAgent: OnAgent;
}

interface AskedAgent {
  readonly key: string;
  readonly watch: AgentWatch;
  readonly prober: Prober;
}

interface AskedService {
  readonly service: CheckedService;
  readonly agents: ReadonlyMap<ServerKey, AskedAgent>;
}

export class Agents {
  readonly #options: AgentsOptions;
  #services = new Map<ServiceKey, AskedService>();

  constructor(options: AgentsOptions) {
    this.#options = options;
  }

  /**
   * Asks the agents of these services and no others. One whose question is the same goes on; another question of the
   * same server goes on from what is known, until it is answered.
   */
  follow(services: readonly CheckedService[], remembered: RememberedAgent): void {
    const previous = this.#services;
    this.#services = new Map();
    for (const service of services) {
      const before = previous.get(service.key);
      if (before?.service === service) this.#services.set(service.key, before);
      else if (service.agent !== undefined)
        this.#services.set(service.key, this.#ask(service, service.agent, before, remembered));
    }
    const byKey = new Map(services.map((service) => [service.key, service]));
    for (const [key, { agents }] of previous) {
      const after = this.#services.get(key)?.agents;
      if (after === agents) continue;
      const stays = new Set(byKey.get(key)?.servers.map((server) => server.key));
      for (const [server, { key: asked, watch }] of agents) {
        if (after?.get(server)?.watch === watch) continue;
        this.#options.pool.leave(asked, watch);
        if (stays.has(server) && after?.has(server) !== true) this.#options.onAgent(key, server, null);
      }
    }
  }

  /** Ends what has held for too long. */
  look(): void {
    for (const { agents } of this.#services.values()) for (const { watch } of agents.values()) watch.look();
  }

  #ask(
    service: CheckedService,
    policy: NonNullable<CheckedService['agent']>,
    before: AskedService | undefined,
    remembered: RememberedAgent,
  ): AskedService {
    const agents = service.servers.map((server): [ServerKey, AskedAgent] => {
      const key = probeKey(policy.question, server);
      const known = before?.agents.get(server.key);
      if (known?.key !== key) {
        const report = known?.watch.report ?? remembered(service.key, server.key);
        return [server.key, this.#new(key, service, policy, server, report)];
      }
      if (known.watch.edit(policy)) known.prober.edited(known.watch);
      return [server.key, known];
    });
    return { service, agents: new Map(agents) };
  }

  #new(
    key: string,
    { key: service }: CheckedService,
    policy: NonNullable<CheckedService['agent']>,
    server: RealServer,
    before: AgentReport | null,
  ): AskedAgent {
    const { clock, stalls, pool, onAgent } = this.#options;
    const watch = new AgentWatch({
      policy,
      before,
      turnedMs: () => stalls.turnedMs(),
      wallMs: () => clock.wallMs(),
      onReport: (report) => onAgent(service, server.key, report),
    });
    return { key, watch, prober: pool.join(key, policy.question, server, watch) };
  }
}
