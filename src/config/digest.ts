/** A short name for what a configuration means. */
import { createHash } from 'node:crypto';
import type { Model } from '../model/director.js';
import { redact } from './secret-keys.js';

const DIGITS = 12;

/**
 * The first 12 hex digits of SHA-256 over the model without secrets, keys sorted: comments, order of keys and spelling
 * of values do not change it; neither does a secret.
 */
export function digestOf(model: Model): string {
  return createHash('sha256')
    .update(JSON.stringify(sortKeys(redact(model))))
    .digest('hex')
    .slice(0, DIGITS);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, child]) => [key, sortKeys(child)]));
}
