/** What to add to "there is none of that name". */
import { didYouMean } from './did-you-mean.js';

/** Longer lists help nobody to find the name. */
const MOST_NAMES = 10;

/**
 * `, did you mean shop?`, or where no name is near ` (there are: shop, blog)`: at most ten, then how many more.
 *
 * @param names those that there are; repeated ones are told once
 * @param spellings further words that would have been understood, for example addresses
 */
export function nameHint(word: string, names: readonly string[], spellings: readonly string[] = []): string {
  const distinct = [...new Set(names)];
  const meant = didYouMean(word, [...distinct, ...spellings]);
  if (meant !== null) return `, did you mean ${meant}?`;
  const more = distinct.length > MOST_NAMES ? ` and ${distinct.length - MOST_NAMES} more` : '';
  return ` (there are: ${distinct.slice(0, MOST_NAMES).join(', ') || 'none'}${more})`;
}
