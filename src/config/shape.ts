/** Holds plain data against the schema and turns what zod finds into problems with places. */
import type { z } from 'zod';
import { formatPath, type Path } from './path.js';
import { suggest, type Finding, type ProblemList } from './problem-list.js';
import { ALREADY_TOLD, kindOf, show } from './schema/fields.js';
import { configSchema } from './schema/config.js';
import { isLaterKey } from './schema/later.js';
import { keysAt, keysOf } from './schema/walk.js';
import type { Tree } from './tree.js';
import { UNREADABLE } from './variables.js';

type Issue = z.core.$ZodIssue;

/** One thing that zod found, still without its place in the text. */
interface ShapeFault {
  readonly path: Path;
  readonly at: 'key' | 'value';
  readonly finding: Finding;
  /** Words that would have been accepted. */
  readonly allowed: readonly string[];
}

/**
 * The typed value, with defaults; null when the data does not fit, and then every misfit is in `problems`.
 *
 * @param path of `raw` in its file
 */
export function parseShape<T>(
  schema: z.ZodType<T>,
  raw: unknown,
  tree: Tree,
  path: Path,
  problems: ProblemList,
): T | null {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  for (const fault of faultsOf(result.error.issues, raw, path)) {
    if (fault.finding.rule === ALREADY_TOLD) continue;
    const place = fault.at === 'key' ? tree.keyAt(fault.path) : tree.valueAt(fault.path);
    problems.add({ ...place, path: formatPath(fault.path) }, withSuggestion(fault));
  }
  return null;
}

function withSuggestion(fault: ShapeFault): Finding {
  const [, word] = /^("(?:[^"\\]|\\.)*")/.exec(fault.finding.message) ?? [];
  if (fault.allowed.length === 0 || word === undefined) return fault.finding;
  return { ...fault.finding, hint: suggest(JSON.parse(word) as string, fault.allowed) };
}

function faultsOf(issues: readonly Issue[], raw: unknown, base: Path): ShapeFault[] {
  return issues.flatMap((issue) => faultsOfIssue(issue, raw, base));
}

function faultsOfIssue(issue: Issue, raw: unknown, base: Path): ShapeFault[] {
  const inner = issue.path as Path;
  const path = [...base, ...inner];
  switch (issue.code) {
    case 'invalid_union':
      return faultsOfUnion(issue.errors, dig(raw, inner), path);
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key));
    case 'custom':
      return [customFault(issue, path)];
    case 'invalid_type':
      return [typeFault(issue.expected, dig(raw, inner), path)];
    case 'too_small':
      return [
        valueFault(path, {
          rule: 'list-length',
          message: 'the list is empty',
          hint: 'at least one entry is needed',
        }),
      ];
    case 'too_big':
      return [
        valueFault(path, { rule: 'list-length', message: `the list has more than ${issue.maximum} entries` }),
      ];
    default:
      return [valueFault(path, { rule: 'wrong-type', message: issue.message })];
  }
}

function valueFault(path: Path, finding: Finding, allowed: readonly string[] = []): ShapeFault {
  return { path, at: 'value', finding, allowed };
}

function customFault(issue: Issue & { code: 'custom' }, path: Path): ShapeFault {
  const { rule, hint, allowed } = (issue.params ?? {}) as {
    rule?: string;
    hint?: string | null;
    allowed?: readonly string[];
  };
  const finding = { rule: rule ?? 'wrong-type', message: issue.message, hint: hint ?? null };
  return rule === 'missing-key' ? missingKey(path) : valueFault(path, finding, allowed ?? []);
}

function missingKey(path: Path): ShapeFault {
  const key = String(path.at(-1));
  return valueFault(path.slice(0, -1), { rule: 'missing-key', message: `the key "${key}" is missing` });
}

function typeFault(expected: string, value: unknown, path: Path): ShapeFault {
  if (value === UNREADABLE) return valueFault(path, { rule: ALREADY_TOLD, message: '' });
  if (value === undefined) return missingKey(path);
  const wanted = expected === 'array' ? 'a list' : 'a mapping of keys';
  if (value === null) {
    const hint = `write ${expected === 'array' ? '[]' : '{}'} or remove the key`;
    return valueFault(path, { rule: 'empty-value', message: 'has no value', hint });
  }
  return valueFault(path, { rule: 'wrong-type', message: `must be ${wanted}, not ${kindOf(value)}` });
}

/** Of several forms, tells what is wrong with the one that was probably meant. */
function faultsOfUnion(forms: readonly (readonly Issue[])[], value: unknown, path: Path): ShapeFault[] {
  const faults = forms.map((issues) => faultsOf(issues, value, path));
  const sameKind = faults.filter((form) => !form.some((fault) => isOfOtherKind(fault, path)));
  const [only] = faults;
  if (sameKind.length === 0)
    return only === undefined
      ? []
      : [
          only.length > 0
            ? otherKind(value, path)
            : valueFault(path, { rule: 'wrong-type', message: 'is not allowed here' }),
        ];
  const choice = sharedChoice(sameKind);
  if (choice !== null) return [choice];
  return sameKind.reduce((best, form) => (misfit(form) < misfit(best) ? form : best));
}

/** The form wants a text and gets a mapping, or the like. */
function isOfOtherKind(fault: ShapeFault, path: Path): boolean {
  return fault.path.length === path.length && ['wrong-type', 'empty-value'].includes(fault.finding.rule);
}

function otherKind(value: unknown, path: Path): ShapeFault {
  if (value === null)
    return valueFault(path, {
      rule: 'empty-value',
      message: 'has no value',
      hint: 'write a value or remove the entry',
    });
  const shown =
    typeof value === 'number' || typeof value === 'boolean' ? `the ${typeof value} ${value}` : kindOf(value);
  return valueFault(path, { rule: 'wrong-type', message: `cannot be ${shown}` });
}

/** All forms stumble over the same word (`type: htp`): one problem with the words of all. */
function sharedChoice(forms: readonly ShapeFault[][]): ShapeFault | null {
  const tags = forms.map((form) =>
    form.find((fault) => fault.path.at(-1) === 'type' || isMissingType(fault)),
  );
  const [first] = tags;
  if (first === undefined || tags.includes(undefined)) return null;
  return { ...first, allowed: tags.flatMap((tag) => tag?.allowed ?? []) };
}

function isMissingType(fault: ShapeFault): boolean {
  return fault.finding.rule === 'missing-key' && fault.finding.message.includes('"type"');
}

/** A form whose tag does not fit is never meant; after that the fewest strange and missing keys. */
function misfit(form: readonly ShapeFault[]): number {
  return form.reduce((sum, fault) => {
    if (fault.path.at(-1) === 'type' && fault.allowed.length > 0) return sum + 1000;
    return sum + (['unknown-key', 'missing-key', 'misplaced-key'].includes(fault.finding.rule) ? 10 : 1);
  }, 0);
}

function unknownKey(path: Path, key: string): ShapeFault {
  const fault = (finding: Finding): ShapeFault => ({ path: [...path, key], at: 'key', finding, allowed: [] });
  if (isLaterKey(formatPath(path), key)) {
    return fault({
      rule: 'later-key',
      message: `this version of lvsd does not know the key "${key}" yet`,
      hint: 'remove it, or use a version that has it',
    });
  }
  const here = keysAt(configSchema, path);
  // All forms of a union are `here`: the key exists, but not with this type.
  if (here.includes(key)) {
    return fault({ rule: 'misplaced-key', message: `the key "${key}" does not go with the other keys here` });
  }
  return fault({ rule: 'unknown-key', message: `unknown key ${show(key)}`, hint: hintFor(key, here) });
}

function hintFor(key: string, here: readonly string[]): string | null {
  const elsewhere = keysOf(configSchema).find((known) => known.name === key);
  const near = suggest(key, here);
  if (near?.startsWith('did') === true || elsewhere === undefined) return near;
  return `it is known as ${elsewhere.path}`;
}

function dig(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[step] : undefined,
    value,
  );
}
