/** A short name for what a configuration means. */
import { createHash } from 'node:crypto';
import type { Model } from '../model/director.js';
import { BLANK, isSecretKey } from './secret-keys.js';

const DIGITS = 12;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The first 12 hex digits of SHA-256 over the model without secrets, keys sorted: comments, order of keys and spelling
 * of values do not change it; neither does a secret.
 */
export function digestOf(model: Model): string {
  return createHash('sha256').update(canonicalJson(model)).digest('hex').slice(0, DIGITS);
}

/** Plain data as JSON with sorted keys, with `***` for every secret that is set. */
export function canonicalJson(value: unknown): string {
  return new CanonicalWriter().write(value);
}

/** In one pass: a large file has fifty thousand objects of a few shapes. */
class CanonicalWriter {
  /** `"key":` for each key; null for a secret's. */
  readonly #heads = new Map<string, string | null>();

  write(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map((item) => this.write(item)).join()}]`;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    return this.#object(value as Fields);
  }

  #object(fields: Fields): string {
    let text = '';
    for (const key of Object.keys(fields).sort()) {
      const value = fields[key];
      if (value === undefined) continue;
      const head = this.#head(key);
      const field = head === null ? this.#secret(key, value) : head + this.write(value);
      text += text === '' ? field : `,${field}`;
    }
    return `{${text}}`;
  }

  #secret(key: string, value: unknown): string {
    return `${JSON.stringify(key)}:${value === null ? 'null' : JSON.stringify(BLANK)}`;
  }

  #head(key: string): string | null {
    let head = this.#heads.get(key);
    if (head === undefined) {
      head = isSecretKey(key) ? null : `${JSON.stringify(key)}:`;
      this.#heads.set(key, head);
    }
    return head;
  }
}
