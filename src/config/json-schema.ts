/** The JSON Schema that editors use to complete and check lvsd.yaml. */
import { z } from 'zod';
import { configSchema } from './schema/config.js';

type JsonSchema = Record<string, unknown>;

/** A value that a variable fills in; what comes of it is checked by lvsd alone. */
const VARIABLE = { type: 'string', pattern: '\\$\\{' };
const VARIABLE_REF = { $ref: '#/definitions/variable' };

/** Keywords that speak to people; they stay outside the choice between a value and a variable. */
const ANNOTATIONS = ['title', 'description', 'default', 'examples', 'secret', 'writeOnly'];

/**
 * Draft 7, the one that the YAML language servers know best; made from the same schema as everything else. Every value
 * may be a variable instead.
 */
export function jsonSchema(): JsonSchema {
  const schema = withVariables(z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' }));
  return { ...schema, definitions: { variable: VARIABLE } };
}

function withVariables(schema: JsonSchema): JsonSchema {
  if ('type' in schema && isLeaf(schema)) return needsChoice(schema) ? orVariable(schema) : schema;
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, deeper(key, value)]));
}

function isLeaf(schema: JsonSchema): boolean {
  return schema['type'] !== 'object' && schema['type'] !== 'array';
}

/** A text of any form takes a variable as it is. */
function needsChoice(schema: JsonSchema): boolean {
  // A secret is nothing but a variable already.
  if ('secret' in schema) return false;
  return schema['type'] !== 'string' || ['pattern', 'enum', 'anyOf'].some((keyword) => keyword in schema);
}

function orVariable(schema: JsonSchema): JsonSchema {
  const entries = Object.entries(schema);
  const notes = entries.filter(([key]) => ANNOTATIONS.includes(key));
  const rules = entries.filter(([key]) => !ANNOTATIONS.includes(key));
  return { ...Object.fromEntries(notes), anyOf: [Object.fromEntries(rules), VARIABLE_REF] };
}

function deeper(keyword: string, value: unknown): unknown {
  if (keyword === 'properties') {
    return Object.fromEntries(
      Object.entries(value as JsonSchema).map(([key, child]) => [key, withVariables(child as JsonSchema)]),
    );
  }
  if (keyword === 'items' || keyword === 'additionalProperties') {
    return typeof value === 'object' ? withVariables(value as JsonSchema) : value;
  }
  return keyword === 'anyOf' ? (value as JsonSchema[]).map(withVariables) : value;
}
