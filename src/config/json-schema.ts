/** The JSON Schema that editors use to complete and check lvsd.yaml. */
import { z } from 'zod';
import { configSchema } from './schema/config.js';

/** Draft 7, the one that the YAML language servers know best. Made from the same schema as everything else. */
export function jsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
}
