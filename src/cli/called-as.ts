/** How the reader of a hint can call this very program again. Pure. */
import { basename } from 'node:path';

/**
 * `lvsd` when it was called by that name, else the interpreter with its options and the script's path.
 *
 * @param shorten a path as seen from the working folder
 */
export function calledAs(
  [interpreter = 'node', script = 'lvsd']: readonly string[],
  interpreterOptions: readonly string[],
  shorten: (path: string) => string,
): string {
  if (basename(script) === 'lvsd') return 'lvsd';
  const near = shorten(script);
  const path = near.startsWith('..') ? script : near;
  return [basename(interpreter), ...interpreterOptions, path].join(' ');
}
