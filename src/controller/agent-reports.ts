/** What the agents of servers say: which of it changes a weight, and which of it is news. */
import type { AgentReport } from '../model/agent.js';
import type { EventType } from '../model/event.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { RealServer } from '../model/real-server.js';
import type { ChangedServer } from './drains.js';
import { effectiveWeight } from './effective-weight.js';
import type { EventLog } from './event-log.js';
import type { RunningConfig } from './running-config.js';

export interface AgentReportsOptions {
  readonly events: EventLog;
  readonly config: RunningConfig;
  /** Plans the server anew, for an event. */
  readonly changed: (server: ChangedServer, why: 'agent') => void;
  /** Plans the service anew: a weight is another one, which is no event. */
  readonly reweigh: (service: ServiceKey) => void;
}

/** Holds nothing itself: reports are facts of the running configuration. */
export class AgentReports {
  readonly #options: AgentReportsOptions;

  constructor(options: AgentReportsOptions) {
    this.#options = options;
  }

  /**
   * Takes over a report, null: the agent is asked no more. One about a server that is not in the file is dropped.
   *
   * Told are silence that lasts, its end, and what an agent asks for beside weights. Weights change all the time: status
   * and metrics have them, not the events.
   */
  take(service: ServiceKey, server: ServerKey, report: AgentReport | null): void {
    const { config, events, changed, reweigh } = this.#options;
    const subject = config.server(service, server);
    if (subject === undefined) return;
    const before = config.loads.agents.get(service)?.get(server);
    const weightBefore = this.#weight(service, subject, before);
    config.loads.setAgent(service, server, report);
    const news = report === null ? null : newsOf(before, report);
    if (news !== null) {
      const cause = events.append({
        ...news,
        service: config.ownership.services.get(service) ?? null,
        server: subject.name,
      });
      changed({ service, server, cause }, 'agent');
    } else if (
      this.#weight(service, subject, report ?? undefined) !== weightBefore ||
      // The decision says in words how the agent is.
      report?.state !== before?.state ||
      (report?.wish ?? null) !== (before?.wish ?? null)
    )
      reweigh(service);
  }

  /** As it comes out beside everything else that is known. */
  #weight(service: ServiceKey, { key, weight }: RealServer, agent: AgentReport | undefined): number {
    const { states, loads } = this.#options.config;
    const override = states.overrides.get(service)?.get(key);
    return effectiveWeight({
      weight: override?.weight ?? weight,
      isOperators: override !== undefined,
      load: states.verdicts.get(service)?.get(key)?.load,
      agent,
      slowStart: loads.slowStarts.shares.get(service)?.get(key),
    }).weight;
  }
}

/** Of the first report only what is not as one would expect. */
function newsOf(
  before: AgentReport | undefined,
  report: AgentReport,
): { readonly type: EventType; readonly message: string } | null {
  const { state, wish, reason } = report;
  if (state === 'silent' && before?.state !== 'silent')
    return { type: 'agent-silent', message: `silent ${reason}` };
  if (state === 'answers' && before?.state === 'silent') return { type: 'agent-answers', message: reason };
  if (wish === (before?.wish ?? null)) return null;
  const message = wish === null ? `asks for nothing any more: ${reason}` : `asks for ${wish}: ${reason}`;
  return { type: 'agent-asks', message };
}
