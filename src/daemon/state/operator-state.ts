/** What operators set about servers of the file. It is about the file, not about a kernel's table, so it outlives a boot. */
import { z } from 'zod';
import type { DrainOrder, MaintenanceOrder } from '../../model/drain.js';
import type { ServerFacts, WeightOverride } from '../../controller/facts.js';
import { factsSchema, storeFacts, wallMsSchema } from './server-facts.js';
import type { StateFormat } from './state-file.js';

export interface OperatorState {
  readonly weights: ServerFacts<WeightOverride>;
  readonly drains: ServerFacts<DrainOrder>;
  readonly maintenance: ServerFacts<MaintenanceOrder>;
}

/** Nothing set. */
export const NO_OPERATOR_STATE: OperatorState = {
  weights: new Map(),
  drains: new Map(),
  maintenance: new Map(),
};

const MOST_WEIGHT = 65535;
const order = { by: z.string(), sinceMs: wallMsSchema };

const drainEnd = z.strictObject({
  cause: z.enum(['idle', 'deadline', 'gone']),
  atMs: wallMsSchema,
  connectionsCut: z.int().nonnegative(),
});

/** `operator.json`. */
export const operatorStateFormat: StateFormat<OperatorState> = {
  fileName: 'operator.json',
  format: 1,
  toJson: ({ weights, drains, maintenance }) => ({
    weights: [...storeFacts(weights)],
    drains: [...storeFacts(drains)],
    maintenance: [...storeFacts(maintenance)],
  }),
  schema: z.strictObject({
    weights: factsSchema(z.strictObject({ weight: z.int().min(0).max(MOST_WEIGHT), by: z.string() })),
    drains: factsSchema(
      z.strictObject({
        ...order,
        deadlineMs: wallMsSchema.nullable(),
        purpose: z.enum(['drain', 'maintenance']).default('drain'),
        end: drainEnd.nullable().default(null),
      }),
    ),
    maintenance: factsSchema(z.strictObject({ ...order, reason: z.string().default('') })),
  }),
};
