/** Short names for what a configuration means, as a whole and by service. */
import { createHash } from 'node:crypto';
import type { Model } from '../model/director.js';
import { BLANK, isSecretKey } from './secret-keys.js';

const DIGITS = 12;

type Fields = Readonly<Record<string, unknown>>;

export interface ConfigDigest {
  /**
   * The first 12 hex digits of SHA-256 over the model without secrets, keys sorted: comments, order of keys and spelling
   * of values do not change it; neither does a secret.
   */
  readonly digest: string;
  /** Of the services of the model, in their order; equal where the whole content is, secrets and all: to compare, never to show. */
  readonly fingerprints: readonly string[];
}

/** Both in one pass over the services, which are nearly all of a large model. */
export function digestOf(model: Model): ConfigDigest {
  const writer = new CanonicalWriter();
  const fingerprints: string[] = [];
  const services = model.services.map((service) => {
    const text = writer.write(service);
    fingerprints.push(sha256(`${text}\n${JSON.stringify(writer.takeSecrets())}`, 'base64'));
    return text;
  });
  const { services: _written, ...others } = model;
  const text = `${writer.write(others)}[${services.join()}]`;
  return { digest: sha256(text, 'hex').slice(0, DIGITS), fingerprints };
}

function sha256(text: string, encoding: 'base64' | 'hex'): string {
  return createHash('sha256').update(text).digest(encoding);
}

/** Plain data as JSON with sorted keys, with `***` for every secret that is set. */
export function canonicalJson(value: unknown): string {
  return new CanonicalWriter().write(value);
}

/** In one pass: a large file has fifty thousand objects of a few shapes. */
class CanonicalWriter {
  /** `"key":` for each key; null for a secret's. */
  readonly #heads = new Map<string, string | null>();
  #secrets: unknown[] = [];

  write(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map((item) => this.write(item)).join()}]`;
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    return this.#object(value as Fields);
  }

  /** Those that were left out since the last call, in the order of the text. */
  takeSecrets(): readonly unknown[] {
    const secrets = this.#secrets;
    this.#secrets = [];
    return secrets;
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
    this.#secrets.push(value);
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
