/**
 * Leaf values of the schema: each knows its JSON Schema, reads variables in its own type, and says in its own words
 * what is wrong. Built on `z.unknown()` because zod's own messages name neither the value nor a cure.
 */
import { z } from 'zod';
import { formatDuration, parseDuration } from '../../base/duration.js';
import { quote } from '../quote.js';
import { Expanded, UNREADABLE } from '../variables.js';

/** A word that is none of those that are allowed. */
export interface WrongChoice {
  readonly word: string;
  readonly allowed: readonly string[];
}

/** Why a value was not accepted. */
export class Refusal {
  readonly rule: string;
  readonly message: string;
  readonly hint: string | null;
  /** Set when a word of a list was wanted; the hint is made of it then. */
  readonly choice: WrongChoice | null;

  constructor(rule: string, message: string, hint: string | null = null, choice: WrongChoice | null = null) {
    this.rule = rule;
    this.message = message;
    this.hint = hint;
    this.choice = choice;
  }
}

/** How a Refusal travels in the `params` of a zod issue. */
export type RefusalParams = Pick<Refusal, 'rule' | 'hint' | 'choice'>;

/** For a value that was refused before the schema saw it. */
export const ALREADY_TOLD = 'already-told';

/** What a field tells editors about itself. */
export interface FieldMeta {
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | readonly string[];
  readonly [keyword: string]: unknown;
}

/** A leaf: `parse` gets the scalar with variables put in (never undefined or null) and answers the value or a Refusal. */
export function field<T>(
  meta: FieldMeta,
  parse: (value: string | number | boolean, wasVariable: boolean) => T | Refusal,
): z.ZodPipe<z.ZodUnknown, z.ZodTransform<T>> {
  return z
    .unknown()
    .meta(meta)
    .transform((raw, context): T => {
      const result = readScalar(raw, parse);
      if (!(result instanceof Refusal)) return result;
      addRefusal(result, context);
      return z.NEVER;
    });
}

function addRefusal({ rule, message, hint, choice }: Refusal, context: z.RefinementCtx): void {
  const params: RefusalParams = { rule, hint, choice };
  context.addIssue({ code: 'custom', message, params });
}

function readScalar<T>(
  raw: unknown,
  parse: (value: string | number | boolean, wasVariable: boolean) => T | Refusal,
): T | Refusal {
  if (raw === undefined) return new Refusal('missing-key', 'is missing');
  if (raw === null) return new Refusal('empty-value', 'has no value', 'write a value or remove the key');
  if (raw === UNREADABLE) return new Refusal(ALREADY_TOLD, '');
  if (raw instanceof Expanded) return parse(raw.text, true);
  if (typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean')
    return parse(raw, false);
  return new Refusal('wrong-type', `must be a single value, not ${kindOf(raw)}`);
}

/** `a list`, `a mapping`, `a number`, ... for messages. */
export function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Expanded || typeof value === 'string') return 'a text';
  return typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}

/** A value as messages show it: quoted, nothing in it invisible, at most 60 characters. */
export function show(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  const short = value.length > 60 ? `${value.slice(0, 57)}...` : value;
  return quote(short);
}

function needsQuotes(value: number | boolean): Refusal {
  return new Refusal(
    'wrong-type',
    `must be a text, not the ${typeof value} ${value}`,
    `write it in quotes: "${value}"`,
  );
}

/** A text of a given form. What is no text but would do as one is refused for its missing quotes. */
export function text<T>(meta: Omit<FieldMeta, 'type'>, parse: (text: string) => T | Refusal) {
  return field<T>({ ...meta, type: 'string' }, (value) => {
    const parsed = parse(String(value));
    return typeof value === 'string' || parsed instanceof Refusal ? parsed : needsQuotes(value);
  });
}

/** A text that matches `pattern`; `what` describes the form: "lower-case letters, digits, . _ -". */
export function pattern(rule: string, expression: RegExp, what: string) {
  return text<string>({ pattern: expression.source }, (value) =>
    expression.test(value) ? value : new Refusal(rule, `${show(value)} is not ${what}`),
  );
}

/** One of the words. */
export function choice<const T extends readonly string[]>(words: T) {
  return text<T[number]>({ enum: words }, (value) =>
    words.includes(value)
      ? value
      : new Refusal('not-allowed', `${show(value)} is not allowed here`, null, {
          word: value,
          allowed: words,
        }),
  );
}

/** `true` or `false`. */
export function flag() {
  return field<boolean>({ type: 'boolean' }, (value, wasVariable) => {
    if (typeof value === 'boolean') return value;
    if (wasVariable && (value === 'true' || value === 'false')) return value === 'true';
    return new Refusal('wrong-type', `must be true or false, not ${show(value)}`, switchHint(value));
  });
}

function switchHint(value: string | number | boolean): string | null {
  const word = String(value).toLowerCase();
  if (['yes', 'on', 'y', '1'].includes(word)) return 'write true';
  return ['no', 'off', 'n', '0'].includes(word) ? 'write false' : null;
}

/** A whole number from `low` to `high`. */
export function integer(low: number, high: number, rule = 'out-of-range') {
  return field<number>({ type: 'integer', minimum: low, maximum: high }, (value, wasVariable) => {
    const number = wasVariable ? numberOf(String(value)) : value;
    if (typeof number !== 'number' || Number.isNaN(number)) {
      const hint =
        typeof value === 'string' && numberOf(value) !== null ? `write it without quotes: ${value}` : null;
      return new Refusal('wrong-type', `must be a whole number, not ${show(value)}`, hint);
    }
    if (!Number.isInteger(number)) return new Refusal('wrong-type', `must be a whole number, not ${number}`);
    if (number >= low && number <= high) return number;
    return new Refusal(rule, `${number} is out of range`, `allowed: ${low} to ${high}`);
  });
}

/** Decimal or 0x hexadecimal, as YAML reads them; null when it is no whole number. */
function numberOf(value: string): number | null {
  return /^(?:-?\d{1,16}|0x[0-9a-fA-F]{1,13})$/.test(value) ? Number(value) : null;
}

export interface DurationLimits {
  readonly lowMs: number;
  readonly highMs: number;
  /** The consumer counts seconds. */
  readonly wholeSeconds?: boolean;
}

/** A duration in milliseconds. */
export function duration(limits: DurationLimits) {
  const { lowMs, highMs } = limits;
  return field<number>({ type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$' }, (value) => {
    const ms = typeof value === 'string' ? parseDuration(value) : null;
    if (ms === null) return badDuration(value);
    if (ms < lowMs || ms > highMs) {
      const allowed = `allowed: ${formatDuration(lowMs)} to ${formatDuration(highMs)}`;
      return new Refusal('duration-range', `the duration ${String(value)} is out of range`, allowed);
    }
    if (limits.wholeSeconds === true && ms % 1000 !== 0) {
      return new Refusal('duration-seconds', `the duration ${String(value)} is not in whole seconds`);
    }
    return ms;
  });
}

function badDuration(value: string | number | boolean): Refusal {
  const bare = /^\d+(\.\d+)?$/.test(String(value));
  const hint = bare ? `write a unit: ${value}s` : 'write a number and a unit: 500ms, 2s, 5m, 1h';
  return new Refusal(
    'bad-duration',
    `${show(value)} is not a duration${bare ? ': it has no unit' : ''}`,
    hint,
  );
}

/** A share, written `50%`, as a number from 0 to 1. */
export function percent(highPercent: number) {
  return field<number>({ type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?%$' }, (value) => {
    const match = /^(\d{1,9}(?:\.\d{1,6})?)%$/.exec(String(value));
    if (match === null) {
      const hint =
        typeof value === 'number'
          ? `write ${value <= 1 ? value * 100 : value}%`
          : 'write a number and %: 50%';
      return new Refusal('bad-percent', `${show(value)} is not a percentage`, hint);
    }
    const share = Number(match[1]);
    if (share <= highPercent) return share / 100;
    return new Refusal('percent-range', `${show(value)} is out of range`, `allowed: 0% to ${highPercent}%`);
  });
}

/** A secret: all of it from the environment. The schema mark makes it blank wherever it could be shown. */
export function secret(cure: string) {
  const schema = z.unknown().transform((raw, context): string => {
    const read = readSecret(raw, cure);
    if (typeof read === 'string') return read;
    addRefusal(read, context);
    return z.NEVER;
  });
  return schema.meta({
    type: 'string',
    pattern: '^\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}$',
    secret: true,
    writeOnly: true,
  });
}

function readSecret(raw: unknown, cure: string): string | Refusal {
  if (raw === undefined) return new Refusal('missing-key', 'is missing');
  if (raw === UNREADABLE) return new Refusal(ALREADY_TOLD, '');
  if (raw === null) return new Refusal('empty-value', 'has no value', cure);
  if (!(raw instanceof Expanded))
    return new Refusal('secret-literal', 'a secret must not stand in this file', cure);
  if (raw.literal)
    return new Refusal(
      'secret-literal',
      'a secret must not stand in this file, not even in part or as a default',
      cure,
    );
  return raw.text === ''
    ? new Refusal('secret-empty', `the variable of this secret is empty: ${raw.names.join(', ')}`, cure)
    : raw.text;
}
