/** Reads the schema itself: which keys there are, what they say about themselves. */
import { z } from 'zod';

/** One key of the schema. */
export interface SchemaKey {
  readonly name: string;
  /** With `[]` for list entries and `*` for named ones: `services[].check.path`, `pools.*`. */
  readonly path: string;
  readonly secret: boolean;
  /** The value may stand in the file, and is shown nowhere all the same. */
  readonly hidden: boolean;
  readonly description: string | null;
}

/** Every key at every depth; a key that several forms share stands once. */
export function keysOf(schema: z.core.$ZodType): SchemaKey[] {
  const keys = new Map<string, SchemaKey>();
  collect(schema, '', keys);
  return [...keys.values()];
}

function collect(schema: z.core.$ZodType, path: string, keys: Map<string, SchemaKey>): void {
  for (const form of formsOf(schema)) {
    if (form instanceof z.ZodObject) {
      const shape: Record<string, z.core.$ZodType> = form.shape;
      for (const [name, child] of Object.entries(shape)) {
        const childPath = path === '' ? name : `${path}.${name}`;
        if (!keys.has(childPath)) keys.set(childPath, { name, path: childPath, ...factsOf(child) });
        collect(child, childPath, keys);
      }
    } else if (form instanceof z.ZodArray) collect(form.element, `${path}[]`, keys);
    else if (form instanceof z.ZodRecord) collect(form.valueType, `${path}.*`, keys);
  }
}

function factsOf(schema: z.core.$ZodType): { secret: boolean; hidden: boolean; description: string | null } {
  const layers = [...layersOf(schema)].map((layer) => z.globalRegistry.get(layer));
  const description = layers.find((meta) => meta?.description !== undefined)?.description ?? null;
  const marked = (mark: string): boolean => layers.some((meta) => meta?.[mark] === true);
  return { secret: marked('secret'), hidden: marked('hidden'), description };
}

/** Names of the keys that a mapping at this path may have; of all forms when there are several. */
export function keysAt(schema: z.core.$ZodType, path: readonly (string | number)[]): string[] {
  let schemas = formsOf(schema);
  for (const step of path) schemas = schemas.flatMap((form) => stepInto(form, step)).flatMap(formsOf);
  const names = schemas.flatMap((form) => (form instanceof z.ZodObject ? Object.keys(form.shape) : []));
  return [...new Set(names)];
}

/** Values of `type` of the forms of the mapping at this path that have the key, each once. */
export function typesWith(
  schema: z.core.$ZodType,
  path: readonly (string | number)[],
  key: string,
): string[] {
  let schemas = formsOf(schema);
  for (const step of path) schemas = schemas.flatMap((form) => stepInto(form, step)).flatMap(formsOf);
  const types = schemas.flatMap((form) => {
    const shape = form instanceof z.ZodObject ? (form.shape as Record<string, z.core.$ZodType>) : {};
    return Object.hasOwn(shape, key) && shape['type'] !== undefined ? wordsOf(shape['type']) : [];
  });
  return [...new Set(types)];
}

/** Of a choice. */
function wordsOf(schema: z.core.$ZodType): readonly string[] {
  for (const layer of layersOf(schema)) {
    const words = z.globalRegistry.get(layer)?.['enum'];
    if (Array.isArray(words)) return words.map(String);
  }
  return [];
}

function stepInto(schema: z.core.$ZodType, step: string | number): z.core.$ZodType[] {
  if (schema instanceof z.ZodArray) return typeof step === 'number' ? [schema.element] : [];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  if (!(schema instanceof z.ZodObject)) return [];
  const child = (schema.shape as Record<string, z.core.$ZodType>)[String(step)];
  return child === undefined ? [] : [child];
}

/** The schema without wrappers (default, optional, transform); of a union each form. */
function formsOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  const layers = [...layersOf(schema)];
  const core = layers.at(-1) ?? schema;
  return core instanceof z.ZodUnion ? core.options.flatMap((option) => formsOf(option)) : [core];
}

function* layersOf(schema: z.core.$ZodType): Generator<z.core.$ZodType> {
  yield schema;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    yield* layersOf(schema.def.innerType);
  } else if (schema instanceof z.ZodPipe) yield* layersOf(schema.def.in);
}
