/** Reads the values of a message that may hold anything: each fault names the place and what was wanted. */
import { DirectorError } from '../base/errors.js';

/** A message between the director and `lvsd-vrrp` that is not one. */
export class MessageError extends DirectorError<{ readonly at: string }> {
  constructor(at: string, fault: string) {
    super(`read message of lvsd-vrrp: ${at}: ${fault}`, { code: 'ERR_VRRP_MESSAGE', details: { at } });
  }
}

/** One object at a known place. Fields that nobody asks for are ignored: the two programs may be of two versions for a while. */
export class MessageFields {
  readonly #at: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  /** @throws MessageError when the value is no object */
  constructor(value: unknown, at: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new MessageError(at, `expected an object, got ${describe(value)}`);
    this.#at = at;
    this.#fields = value as Readonly<Record<string, unknown>>;
  }

  string(name: string): string {
    const value = this.#value(name);
    if (typeof value !== 'string') throw this.#fault(name, 'a string', value);
    return value;
  }

  stringOrNull(name: string): string | null {
    return this.#value(name) === null ? null : this.string(name);
  }

  boolean(name: string): boolean {
    const value = this.#value(name);
    if (typeof value !== 'boolean') throw this.#fault(name, 'true or false', value);
    return value;
  }

  /** Finite; within the range. */
  number(name: string, low: number, high = Number.MAX_SAFE_INTEGER): number {
    const value = this.#value(name);
    if (typeof value !== 'number' || !(value >= low && value <= high))
      throw this.#fault(name, `a number from ${low} to ${high}`, value);
    return value;
  }

  numberOrNull(name: string, low: number, high = Number.MAX_SAFE_INTEGER): number | null {
    return this.#value(name) === null ? null : this.number(name, low, high);
  }

  integer(name: string, low: number, high = Number.MAX_SAFE_INTEGER): number {
    const value = this.number(name, low, high);
    if (!Number.isInteger(value)) throw this.#fault(name, 'an integer', value);
    return value;
  }

  oneOf<Choice extends string | number>(name: string, choices: readonly Choice[]): Choice {
    const value = this.#value(name);
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw this.#fault(name, `one of ${choices.join(', ')}`, value);
    return choice;
  }

  strings(name: string): readonly string[] {
    return this.#array(name).map((value) => {
      if (typeof value !== 'string') throw this.#fault(name, 'strings', value);
      return value;
    });
  }

  objects<Entry>(name: string, read: (fields: MessageFields) => Entry): readonly Entry[] {
    return this.#array(name).map((value, index) =>
      read(new MessageFields(value, `${this.#place(name)}[${index}]`)),
    );
  }

  object<Entry>(name: string, read: (fields: MessageFields) => Entry): Entry {
    return read(new MessageFields(this.#value(name), this.#place(name)));
  }

  objectOrNull<Entry>(name: string, read: (fields: MessageFields) => Entry): Entry | null {
    return this.#value(name) === null ? null : this.object(name, read);
  }

  /** Counts by name. */
  counts(name: string): Readonly<Record<string, number>> {
    const fields = new MessageFields(this.#value(name), this.#place(name));
    const names = Object.keys(fields.#fields);
    return Object.fromEntries(names.map((each) => [each, fields.integer(each, 0)]));
  }

  #array(name: string): readonly unknown[] {
    const value = this.#value(name);
    if (!Array.isArray(value)) throw this.#fault(name, 'an array', value);
    return value;
  }

  #place(name: string): string {
    return `${this.#at}.${name}`;
  }

  #value(name: string): unknown {
    if (!Object.hasOwn(this.#fields, name)) throw new MessageError(this.#place(name), 'missing');
    return this.#fields[name];
  }

  #fault(name: string, wanted: string, got: unknown): MessageError {
    return new MessageError(this.#place(name), `expected ${wanted}, got ${describe(got)}`);
  }
}

/** The kind of a value: not the value itself, which may be a password. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'number' ? String(value) : `a value of type ${typeof value}`;
}
