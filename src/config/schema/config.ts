/** The whole file. Types, defaults and the JSON Schema of editors all come from here. */
import { z } from 'zod';
import { directorSchema } from './director.js';
import { Refusal, text } from './fields.js';
import { haSchema } from './ha.js';
import { MOST_NOTICES, noticeSchema } from './notice.js';
import { serverListSchema } from './server.js';
import { serviceSchema } from './service.js';

const includePattern = () =>
  text<string>({ minLength: 1 }, (value) =>
    value === '' ? new Refusal('bad-path', 'an empty path includes nothing') : value,
  );

/** Keys that an included file may have, too. */
const sharedShape = {
  include: z
    .union([includePattern().transform((path) => [path]), z.array(includePattern())])
    .optional()
    .describe(
      'Files with more pools and services: a path or a pattern such as conf.d/*.yaml, or a list; relative to this file.',
    ),
  pools: z
    .record(z.string(), serverListSchema)
    .optional()
    .describe('Named groups of servers that services take by { pool: name }; a pool may take other pools.'),
  services: z.array(serviceSchema).optional().describe('The virtual services.'),
};

/** A main file. */
export const configSchema = z
  .strictObject({
    director: directorSchema.optional().describe("The director's own settings."),
    notices: z
      .array(noticeSchema)
      .max(MOST_NOTICES)
      .optional()
      .describe(
        'Programs, web addresses and mailboxes that hear of events, at most 100. In the main file only.',
      ),
    ha: haSchema
      .optional()
      .describe('Directors that take over from one another (VRRP). In the main file only.'),
    ...sharedShape,
  })
  .meta({ title: 'lvsd configuration' });

/** An included file. */
export const includedSchema = z.strictObject(sharedShape);
