/** Finds the word that was probably meant. */

/** Longer words are no slips. */
const LONGEST_WORD = 40;
/** More names are not searched: a file with a thousand wrong ones must be told within a second. */
const MOST_CANDIDATES = 500;

/**
 * The candidate nearest to `word`, when it is near enough to be a slip of the fingers.
 *
 * Distance counts insertions, deletions, replacements and swaps of neighbours; up to a third of the
 * word's length (at least 1) is near. Case and `-`/`_` do not count.
 *
 * @param candidates the first 500 are looked at
 * @returns null when none is near, or the word is longer than 40 characters; of equally near ones the first
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | null {
  const wanted = normalize(word);
  if (wanted.length > LONGEST_WORD) return null;
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  let looked = 0;
  for (const candidate of candidates) {
    if (++looked > MOST_CANDIDATES) break;
    // At least as many insertions or deletions are needed.
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, normalize(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function normalize(word: string): string {
  return word.toLowerCase().replaceAll('-', '_');
}

/** Optimal string alignment, three rows at a time. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let cost = Math.min(replaced, at(last, column) + 1, at(current, column - 1) + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      current.push(cost);
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
