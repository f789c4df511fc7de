/** Which server takes a connection that others refused. Decides only; counts nothing. */
import { createScheduler } from '../../../schedulers/index.js';
import type { Flow, Scheduler } from '../../../schedulers/types.js';
import type { ProxyServer } from './proxy-server.js';

/**
 * Schedulers that tie a flow to one server: hashing ones answer null when that server is unusable, however many
 * others are well; lblc answers the server it remembers even when that is overloaded.
 */
const tying: ReadonlySet<string> = new Set(['sh', 'dh', 'mh', 'lblc']);

export interface RetryChoice {
  readonly server: ProxyServer;
  /** The service's own scheduler had no answer; wlc chose among the others. */
  readonly fallback: boolean;
}

/** What a repeated choice is made from. */
export interface RetryQuestion {
  /** The service's scheduler and its name. */
  readonly scheduler: Scheduler;
  readonly schedulerName: string;
  /** Linked servers, newest first. */
  readonly servers: readonly ProxyServer[];
  readonly refused: readonly ProxyServer[];
  readonly flow: Flow;
  readonly nowMs: number;
}

/** Asks again while the refused servers count as overloaded; their flags are as before afterwards. */
export function chooseAgain(question: RetryQuestion): RetryChoice | null {
  const flags = question.refused.map((server) => server.overloaded);
  for (const server of question.refused) server.overloaded = true;
  try {
    return chooseAmongOthers(question);
  } finally {
    question.refused.forEach((server, index) => (server.overloaded = flags[index] ?? false));
  }
}

function chooseAmongOthers({
  scheduler,
  schedulerName,
  servers,
  refused,
  flow,
  nowMs,
}: RetryQuestion): RetryChoice | null {
  const server = scheduler.pick(flow, nowMs) as ProxyServer | null;
  if (server !== null && !refused.includes(server)) return { server, fallback: false };
  if (!tying.has(schedulerName) || servers.length === 0) return null;
  const wlc = createScheduler('wlc', {});
  wlc.bind?.(servers);
  const substitute = wlc.pick(flow, nowMs) as ProxyServer | null;
  return substitute === null ? null : { server: substitute, fallback: true };
}
