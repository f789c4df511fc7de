/** Who served last and whom recovery holds back: a restart must neither forget a lost quorum nor let a held server in. */
import { z } from 'zod';
import { isWorthKeeping, type RememberedServing } from '../../controller/serving-state.js';
import { SERVING_TIERS } from '../../model/serving.js';
import { factsSchema, serverKeySchema, serviceKeySchema, storeFacts, wallMsSchema } from './server-facts.js';
import type { StateFormat } from './state-file.js';

const primary = z.strictObject({
  holder: serverKeySchema.nullable(),
  former: serverKeySchema.exactOptional(),
  rivals: z.array(serverKeySchema),
  pending: z.boolean(),
});

const decision = z.strictObject({
  tier: z.enum(SERVING_TIERS),
  quorate: z.boolean(),
  panic: z.array(serverKeySchema),
  out: z.array(serverKeySchema),
  primary: primary.exactOptional(),
  untold: z.literal(true).exactOptional(),
});

const hold = z.strictObject({
  failedMs: wallMsSchema,
  recoveredMs: wallMsSchema.nullable(),
  untilMs: wallMsSchema.nullable(),
});

/** `serving.json`. */
export const servingFormat: StateFormat<RememberedServing> = {
  fileName: 'serving.json',
  format: 1,
  toJson: ({ decisions, holds }) => ({
    decisions: [...decisions].filter(([, memory]) => isWorthKeeping(memory)),
    holds: [...storeFacts(holds)],
  }),
  schema: z
    .strictObject({
      decisions: z.array(z.tuple([serviceKeySchema, decision])),
      holds: factsSchema(hold),
    })
    .transform(({ decisions, holds }) => ({ decisions: new Map(decisions), holds })),
};
