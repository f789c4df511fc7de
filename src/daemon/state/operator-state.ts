/** What operators set about servers of the file. It is about the file, not about a kernel's table, so it outlives a boot. */
import { z } from 'zod';
import type { ServerFacts, WeightOverride } from '../../controller/desired.js';
import { factsSchema, storeFacts, wallMsSchema } from './server-facts.js';
import type { StateFormat } from './state-file.js';

/** An order that takes a server out of service. */
export interface ServerOrder {
  /** Who gave it, for people. */
  readonly by: string;
  /** Wall clock, ms since the epoch. */
  readonly sinceMs: number;
}

export interface DrainOrder extends ServerOrder {
  /** Wall clock at which the server is removed, whatever is left on it; null = it waits for its last connection. */
  readonly deadlineMs: number | null;
}

export interface OperatorState {
  readonly weights: ServerFacts<WeightOverride>;
  readonly drains: ServerFacts<DrainOrder>;
  readonly maintenance: ServerFacts<ServerOrder>;
}

/** Nothing set. */
export const NO_OPERATOR_STATE: OperatorState = {
  weights: new Map(),
  drains: new Map(),
  maintenance: new Map(),
};

const MOST_WEIGHT = 65535;
const order = { by: z.string(), sinceMs: wallMsSchema };

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
    drains: factsSchema(z.strictObject({ ...order, deadlineMs: wallMsSchema.nullable() })),
    maintenance: factsSchema(z.strictObject(order)),
  }),
};
