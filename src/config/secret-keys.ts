/** Which keys hold secrets: those that the schema marks, and, where text is shown, those that look like it. */
import { didYouMean } from './did-you-mean.js';
import { keysOf } from './schema/walk.js';
import { configSchema } from './schema/config.js';

/** Names of the keys whose schema carries `secret: true`, at whatever depth. */
const secretKeys: ReadonlySet<string> = new Set([
  ...keysOf(configSchema)
    .filter((key) => key.secret)
    .map((key) => key.name),
  // What a key_file holds, in the model.
  'private_key',
]);

const SECRET_WORD = /pass|pwd|secret|token|credential|private|api_?key/i;

/**
 * True when the value of this key must not be shown. Misspelled and misplaced keys count: `passwrod: x` is a
 * secret to the person who wrote it.
 */
export function looksSecret(key: string): boolean {
  if (secretKeys.has(key)) return true;
  if (/_?file$/i.test(key)) return false;
  return SECRET_WORD.test(key) || didYouMean(key, secretKeys) !== null;
}

const BLANK = '***';

/**
 * A deep copy of plain data in which every value of a secret key is `***`, in the spelling of the file
 * (snake_case) and of the model (camelCase).
 */
export function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key,
      isSecretKey(key) && child !== null && child !== undefined ? BLANK : redact(child),
    ]),
  );
}

function isSecretKey(key: string): boolean {
  return secretKeys.has(key) || secretKeys.has(key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}
