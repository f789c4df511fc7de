/** Facts about servers as lists of JSON: one element a service, so that a key stands there once. */
import { z } from 'zod';
import type { ServerFacts } from '../../controller/desired.js';
import type { ServerKey, ServiceKey } from '../../model/keys.js';

export const serviceKeySchema = z.custom<ServiceKey>(isKey);
export const serverKeySchema = z.custom<ServerKey>(isKey);
/** Wall clock, ms since the epoch. */
export const wallMsSchema = z.number().nonnegative();

function isKey(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

interface StoredFacts<Fact> {
  readonly service: ServiceKey;
  readonly servers: readonly (readonly [ServerKey, Fact])[];
}

/** Made item by item, while the caller's maps may change between two of them. */
export function* storeFacts<Fact>(facts: ServerFacts<Fact>): Generator<StoredFacts<Fact>> {
  for (const [service, ofService] of facts)
    if (ofService.size > 0) yield { service, servers: [...ofService] };
}

/** Checks such a list and gives the facts. */
export function factsSchema<Fact>(fact: z.ZodType<Fact>): z.ZodType<ServerFacts<Fact>> {
  const servers = z.array(z.tuple([serverKeySchema, fact])).transform((list) => new Map(list));
  return z
    .array(z.strictObject({ service: serviceKeySchema, servers }))
    .transform((list) => new Map(list.map((item) => [item.service, item.servers])));
}
