/** Typed reading of parsed JSON that may hold anything: each fault names the place and what was wanted. */
import { formatFault } from './trace-error.js';

/** One JSON object at a known place. Fields that nobody asks for are ignored. */
export class JsonFields {
  /** `steps[3].client`, or `document` for the whole. */
  readonly at: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  /** @throws TraceError ERR_TRACE_FORMAT when the value is not an object */
  constructor(value: unknown, at: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw formatFault(at, `expected an object, got ${describe(value)}`);
    }
    this.at = at;
    this.#fields = value as Readonly<Record<string, unknown>>;
  }

  /** The place of a field, for messages. */
  place(name: string): string {
    return this.at === 'document' ? name : `${this.at}.${name}`;
  }

  string(name: string): string {
    const value = this.#value(name);
    if (typeof value !== 'string') throw this.#fault(name, 'a string', value);
    return value;
  }

  stringOrNull(name: string): string | null {
    return this.#value(name) === null ? null : this.string(name);
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.#value(name);
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw this.#fault(name, `one of ${choices.join(', ')}`, value);
    return choice;
  }

  integer(name: string, low: number, high: number): number {
    return integerAt(this.#value(name), this.place(name), low, high);
  }

  number(name: string, low: number): number {
    const value = this.#value(name);
    if (typeof value !== 'number' || !(value >= low)) throw this.#fault(name, `a number from ${low}`, value);
    return value;
  }

  object(name: string): JsonFields {
    return new JsonFields(this.#value(name), this.place(name));
  }

  /** null when the field is null or missing. */
  optionalObject(name: string): JsonFields | null {
    return this.has(name) ? this.object(name) : null;
  }

  /** Each element with its place. */
  array<T>(name: string, read: (value: unknown, at: string) => T): T[] {
    const value = this.#value(name);
    if (!Array.isArray(value)) throw this.#fault(name, 'an array', value);
    return value.map((element: unknown, index) => read(element, `${this.place(name)}[${index}]`));
  }

  /** All fields in the order of the file. */
  entries(): [string, unknown][] {
    return Object.entries(this.#fields);
  }

  /** True when the field is there and not null. */
  has(name: string): boolean {
    return this.#own(name) !== undefined && this.#own(name) !== null;
  }

  #value(name: string): unknown {
    const value = this.#own(name);
    if (value === undefined) throw formatFault(this.place(name), 'missing');
    return value;
  }

  #own(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }

  #fault(name: string, wanted: string, got: unknown): Error {
    return formatFault(this.place(name), `expected ${wanted}, got ${describe(got)}`);
  }
}

/** @throws TraceError ERR_TRACE_FORMAT when the value is not an integer within the range */
export function integerAt(value: unknown, at: string, low: number, high: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
  throw formatFault(at, `expected an integer from ${low} to ${high}, got ${describe(value)}`);
}

/** A short form of any JSON value for a message. */
function describe(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
