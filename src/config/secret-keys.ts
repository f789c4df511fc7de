/** Which keys hold secrets: those that the schema marks, and, where text is shown, those that look like it. */
import { didYouMean } from './did-you-mean.js';
import { keysOf } from './schema/walk.js';
import { configSchema } from './schema/config.js';

const allKeys = keysOf(configSchema);

/** Names of the keys whose schema carries `secret: true` or `hidden: true`, at whatever depth. */
const secretKeys: ReadonlySet<string> = new Set([
  ...allKeys.filter((key) => key.secret || key.hidden).map((key) => key.name),
  // What a key_file holds, in the model.
  'private_key',
]);

const outsideKeys: ReadonlySet<string> = new Set(
  allKeys.filter(({ secret }) => secret).map(({ name }) => name),
);

/** A key that is known is no slip of another one: `socket` is not `secret`. */
const plainKeys: ReadonlySet<string> = new Set(allKeys.map((key) => key.name));

const SECRET_WORD = /pass|pwd|secret|token|credential|private|api_?key/i;

/**
 * True when the value of this key must not be shown. Misspelled and misplaced keys count: `passwrod: x` is a
 * secret to the person who wrote it.
 */
export function looksSecret(key: string): boolean {
  const known = judged.get(key);
  if (known !== undefined) return known;
  const verdict = judge(key);
  if (judged.size < MOST_JUDGED) judged.set(key, verdict);
  return verdict;
}

/** A large file has few keys, each of them a thousand times. */
const judged = new Map<string, boolean>();
const MOST_JUDGED = 1000;

function judge(key: string): boolean {
  if (secretKeys.has(key)) return true;
  if (/_?file$/i.test(key)) return false;
  if (SECRET_WORD.test(key)) return true;
  return !plainKeys.has(key) && didYouMean(key, secretKeys) !== null;
}

/** True for the keys whose whole value has to come from outside the file: it can have no default. */
export function comesFromOutside(key: string): boolean {
  return outsideKeys.has(key);
}

/** The key beside it that names a file with the value; null when there is none. */
export function fileKeyOf(key: string): string | null {
  return plainKeys.has(`${key}_file`) ? `${key}_file` : null;
}

/** What is shown for the value of a secret key that is set. */
export const BLANK = '***';

/** True for the keys that the schema marks, in the spelling of the file (snake_case) and of the model (camelCase). */
export function isSecretKey(key: string): boolean {
  return secretKeys.has(key) || secretKeys.has(key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}
