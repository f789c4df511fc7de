/** The verdicts of the checks, so that a director that starts again does not send clients to servers known to be down. */
import { z } from 'zod';
import type { ServerFacts } from '../../controller/desired.js';
import type { ActiveCheck } from '../../model/health-check.js';
import type { ServerKey, ServiceKey } from '../../model/keys.js';
import { ROLES } from '../../model/role.js';
import type { Verdict } from '../../model/status.js';
import type { VirtualService } from '../../model/virtual-service.js';
import { factsSchema, storeFacts, wallMsSchema } from './server-facts.js';
import type { StateFormat } from './state-file.js';

/** Intervals of its check after which a verdict is too old. */
const MOST_INTERVALS = 3;
/** No verdict is too old before this, ms: a restart takes a moment. */
const SHORTEST_LIMIT_MS = 60_000;
/**
 * How often a bad verdict that is confirmed again and again is written anew, ms: well within the age limit, so that it
 * can still be used after a crash.
 */
export const VERDICT_REFRESH_MS = 20_000;

const momentSchema = z.int().nonnegative();

const roleSchema = z.strictObject({
  name: z.enum(ROLES),
  term: z.number().nullable(),
  sinceMs: wallMsSchema,
  since: momentSchema,
  asked: momentSchema,
  heard: momentSchema,
  confirmed: z.boolean(),
});

const loadSchema = z.strictObject({
  weight: z.number().int().nonnegative().nullable(),
  share: z.number().nonnegative(),
});

/** `verdicts.json`. */
export const verdictFormat: StateFormat<ServerFacts<Verdict>> = {
  fileName: 'verdicts.json',
  format: 1,
  toJson: (verdicts) => ({ verdicts: storeFacts(verdicts) }),
  schema: z
    .strictObject({
      verdicts: factsSchema(
        z
          .strictObject({
            state: z.enum(['up', 'down', 'unknown']),
            // A record of a director that did not write it yet: of an unknown server it took the best view.
            countsAs: z.enum(['up', 'down']).optional(),
            reason: z.string(),
            sinceMs: wallMsSchema,
            checkedAtMs: wallMsSchema.nullable(),
            load: loadSchema.optional(),
            role: roleSchema.optional(),
            byRole: z.literal(true).optional(),
          })
          .transform(({ countsAs, role, byRole, load, ...verdict }): Verdict => ({
            ...verdict,
            countsAs: countsAs ?? (verdict.state === 'down' ? 'down' : 'up'),
            ...(role === undefined ? {} : { role }),
            ...(load === undefined ? {} : { load }),
            ...(byRole === undefined ? {} : { byRole }),
          })),
      ),
    })
    .transform(({ verdicts }) => verdicts),
};

/** How old a verdict may be when it is read, ms: 3 intervals of its check, at least a minute. */
export function verdictLimitMs(intervalMs: number): number {
  return Math.max(SHORTEST_LIMIT_MS, MOST_INTERVALS * intervalMs);
}

/**
 * The verdicts that still say something: of servers that are checked by the file, found by a probe, and neither older
 * than the limit nor, by a clock that was set back, as far in the future.
 *
 * Never throws.
 *
 * @param wallMs now, ms since the epoch
 */
export function freshVerdicts(
  stored: ServerFacts<Verdict>,
  services: Iterable<VirtualService>,
  wallMs: number,
): ServerFacts<Verdict> {
  const fresh = new Map<ServiceKey, ReadonlyMap<ServerKey, Verdict>>();
  for (const { key, checks, servers } of services) {
    const limitMs = limitOf(checks);
    const ofService = stored.get(key);
    if (limitMs === null || ofService === undefined) continue;
    const usable = servers.flatMap((server): [ServerKey, Verdict][] => {
      const verdict = ofService.get(server.key);
      return verdict !== undefined && isFresh(verdict, limitMs, wallMs) ? [[server.key, verdict]] : [];
    });
    if (usable.length > 0) fresh.set(key, new Map(usable));
  }
  return fresh;
}

/** By the longest interval that may lie between two results; null where nothing is checked. */
function limitOf(checks: readonly ActiveCheck[]): number | null {
  if (checks.length === 0) return null;
  const longestMs = checks.map(({ timing }) => Math.max(timing.intervalMs, timing.downIntervalMs));
  return verdictLimitMs(Math.max(...longestMs));
}

function isFresh({ checkedAtMs }: Verdict, limitMs: number, wallMs: number): boolean {
  return checkedAtMs !== null && Math.abs(wallMs - checkedAtMs) <= limitMs;
}
