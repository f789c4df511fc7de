/** What agents said last and who began slowly, so that weights do not jump because the director starts again. */
import { z } from 'zod';
import type { ServerFacts } from '../../controller/facts.js';
import type { RememberedLoads } from '../../controller/server-loads.js';
import { AGENT_HOLD_INTERVALS, type AgentReport } from '../../model/agent.js';
import type { ServerKey, ServiceKey } from '../../model/keys.js';
import type { VirtualService } from '../../model/virtual-service.js';
import { factsSchema, storeFacts, wallMsSchema } from './server-facts.js';
import type { StateFormat } from './state-file.js';

/** No report is too old before this, ms: a restart takes a moment. */
const SHORTEST_LIMIT_MS = 60_000;

const said = z.strictObject({
  admin: z.enum(['ready', 'drain', 'maint']),
  operation: z.enum(['up', 'down']),
  share: z.number().nonnegative().nullable(),
});

const report = z.strictObject({
  state: z.enum(['answers', 'held', 'silent']),
  share: z.number().nonnegative(),
  wish: z.enum(['drain', 'maint', 'down']).nullable(),
  wishedMs: wallMsSchema,
  said: said.exactOptional(),
  reason: z.string(),
  heardMs: wallMsSchema.nullable(),
});

const begin = z.object({ beganMs: wallMsSchema });

/** `weights.json`. */
export const loadFormat: StateFormat<RememberedLoads> = {
  fileName: 'weights.json',
  format: 1,
  toJson: ({ agents, begins }) => ({ agents: storeFacts(agents), slowStarts: [...beginsOnly(begins)] }),
  schema: z
    .strictObject({ agents: factsSchema(report), slowStarts: factsSchema(begin) })
    .transform(({ agents, slowStarts }) => ({ agents, begins: slowStarts })),
};

/** By the wall clock alone: the other one ends with its process. */
function beginsOnly(begins: RememberedLoads['begins']): ReturnType<typeof storeFacts<{ beganMs: number }>> {
  return storeFacts(
    new Map(
      [...begins].map(([service, servers]) => [
        service,
        new Map([...servers].map(([server, { beganMs }]) => [server, { beganMs }])),
      ]),
    ),
  );
}

/**
 * What agents said so lately that it still says something: within their interval times three, at least a minute.
 *
 * @param wallMs now, ms since the epoch
 */
export function freshAgents(
  stored: ServerFacts<AgentReport>,
  services: Iterable<VirtualService>,
  wallMs: number,
): ServerFacts<AgentReport> {
  const fresh = new Map<ServiceKey, ReadonlyMap<ServerKey, AgentReport>>();
  for (const { key, agent } of services) {
    const reports = stored.get(key);
    if (agent === undefined || reports === undefined) continue;
    const limitMs = Math.max(SHORTEST_LIMIT_MS, AGENT_HOLD_INTERVALS * agent.question.timing.intervalMs);
    const usable = [...reports].filter(
      ([, { heardMs }]) => heardMs !== null && Math.abs(wallMs - heardMs) <= limitMs,
    );
    if (usable.length > 0) fresh.set(key, new Map(usable));
  }
  return fresh;
}
