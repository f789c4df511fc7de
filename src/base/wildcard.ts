/** Names against patterns with `*` and `?`. */

/**
 * Matches one path part as a shell does: a leading dot must be written (editors keep such files beside ours).
 *
 * Linear in the name for each `*`, so that no pattern can hold up a reload. `?` is one character.
 */
export function matchesWildcards(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  const wanted = Array.from(pattern);
  const given = Array.from(name);
  let at = 0;
  let next = 0;
  /** The last `*` and where what it stands for ends so far. */
  let star: { readonly at: number; readonly end: number } | null = null;
  while (next < given.length) {
    if (wanted[at] === '*') star = { at: at++, end: next };
    else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[next]))
      [at, next] = [at + 1, next + 1];
    else if (star === null) return false;
    else {
      star = { at: star.at, end: star.end + 1 };
      [at, next] = [star.at + 1, star.end];
    }
  }
  return wanted.slice(at).every((character) => character === '*');
}
