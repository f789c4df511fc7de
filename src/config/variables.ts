/** `${VAR}`, `${VAR:-default}` and the escape `$${` in scalars of the configuration. */

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A scalar that contained a variable. Fields read it in the type they need, so that `"${PORT}"` works where a
 * number is wanted, and a secret can tell whether all of it came from outside the file.
 */
export class Expanded {
  readonly text: string;
  /** True when the file itself contributed text: a prefix, a suffix or a default. */
  readonly literal: boolean;
  /** Names of the variables. */
  readonly names: readonly string[];

  constructor(text: string, literal: boolean, names: readonly string[]) {
    this.text = text;
    this.literal = literal;
    this.names = names;
  }
}

/** Stands for a value that could not be read and was reported already, so that nothing is reported about it again. */
export const UNREADABLE: unique symbol = Symbol('unreadable');

/** A variable that cannot be read. */
export interface VariableFault {
  /** As written, `${NAME...`; safe to show: names are no secrets, defaults are left out. */
  readonly name: string;
  readonly kind: 'missing' | 'malformed';
  /** Which `${` of the scalar, from 0, escapes not counted. */
  readonly index: number;
}

export type Expansion =
  | { readonly kind: 'plain'; readonly text: string }
  | { readonly kind: 'expanded'; readonly value: Expanded }
  | { readonly kind: 'faults'; readonly faults: readonly VariableFault[] };

/** More faults in one scalar than these help nobody. */
const MOST_FAULTS = 10;

/** An escape, a whole variable, or the beginning of something that is neither. */
const TOKEN = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-((?:[^$}]|\$(?!\{)){0,1000}))?\}|\$\{/g;

/**
 * Puts in the values of all variables. A variable that is set but empty takes its default, as in the shell.
 * Values are not expanded again; a default has at most 1000 characters and no variable in it. Never throws.
 */
export function expandVariables(text: string, environment: Environment): Expansion {
  if (!text.includes('${')) return { kind: 'plain', text };
  const faults: VariableFault[] = [];
  let variables = 0;
  const names: string[] = [];
  let literal = false;
  let last = 0;
  let result = '';
  for (const match of text.matchAll(TOKEN)) {
    const before = text.slice(last, match.index);
    last = match.index + match[0].length;
    literal ||= before !== '';
    result += before;
    if (match[0] === '$${') {
      result += '${';
      literal = true;
      continue;
    }
    const index = variables++;
    const [, name, fallback] = match;
    if (name === undefined) {
      faults.push({ name: '${', kind: 'malformed', index });
      continue;
    }
    names.push(name);
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value !== undefined && (value !== '' || fallback === undefined)) result += value;
    else if (fallback === undefined) faults.push({ name, kind: 'missing', index });
    else {
      result += fallback;
      literal ||= fallback !== '';
    }
  }
  literal ||= last < text.length;
  result += text.slice(last);
  if (faults.length > 0) return { kind: 'faults', faults: faults.slice(0, MOST_FAULTS) };
  return variables === 0
    ? { kind: 'plain', text: result }
    : { kind: 'expanded', value: new Expanded(result, literal, names) };
}

/** Offset of the index-th variable in the source text of a scalar, escapes skipped; 0 when it is not found. */
export function variableOffset(source: string, index: number): number {
  let seen = 0;
  for (const match of source.matchAll(/\$\$\{|\$\{/g)) {
    if (match[0] === '${' && seen++ === index) return match.index;
  }
  return 0;
}
