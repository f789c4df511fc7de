/** What to say of a key that cannot stand where it stands. */
import { parseIp } from '../base/ip.js';
import { didYouMean } from './did-you-mean.js';
import { formatPath, type Path } from './path.js';
import { suggest, type Finding } from './problem-list.js';
import { configSchema } from './schema/config.js';
import { show } from './schema/fields.js';
import { keepalivedHint } from './schema/keepalived-words.js';
import { isLaterKey } from './schema/later.js';
import { keysAt, keysOf, typesWith } from './schema/walk.js';

const ALL_KEYS = keysOf(configSchema);

/** @returns the finding, and the key of the same mapping that was probably meant */
export function unknownKey(parent: Path, key: string): { finding: Finding; meant: string | null } {
  if (isLaterKey(formatPath(parent), key)) {
    const message = `this version of lvsd does not know the key "${key}" yet`;
    const hint = 'remove it, or use a version that has it';
    return { finding: { rule: 'later-key', message, hint }, meant: null };
  }
  const here = keysAt(configSchema, parent);
  // keysAt answers for every form of a union: the key exists, but not beside this `type`.
  if (here.includes(key)) {
    const message = `the key "${key}" does not go with the other keys here`;
    return { finding: { rule: 'misplaced-key', message, hint: formHint(parent, key) }, meant: null };
  }
  if (here.includes('address') && parseIp(key) !== null) {
    const message = `the address ${key} stands as a key`;
    const hint = `write address: ${key}:80, without a space before the port`;
    return { finding: { rule: 'unknown-key', message, hint }, meant: 'address' };
  }
  const known = keepalivedHint(formatPath(parent), key);
  if (known !== null) {
    const message = `the key "${key}" is one of keepalived's`;
    return { finding: { rule: 'keepalived-key', message, hint: known }, meant: null };
  }
  const meant = didYouMean(key, here);
  const message = `unknown key ${show(key)}`;
  return { finding: { rule: 'unknown-key', message, hint: hintFor(key, meant, here) }, meant };
}

/** The places where one key rules out others. */
function formHint(parent: Path, key: string): string {
  const types = typesWith(configSchema, parent, key);
  return types.length === 0
    ? 'an entry with pool takes the servers as the pool lists them'
    : `${key} is a key of type: ${types.join(', ')}`;
}

function hintFor(key: string, meant: string | null, here: readonly string[]): string | null {
  if (meant !== null) return `did you mean "${meant}"?`;
  const elsewhere = ALL_KEYS.find((known) => known.name === key);
  return elsewhere === undefined ? suggest(key, here) : `it is known as ${elsewhere.path}`;
}
