/** Text of a file as messages show it. */

/** What a terminal does not show, or obeys: no-break and zero-width spaces, marks of direction. JSON has escaped the rest. */
const INVISIBLE = /[\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2069\ufeff]/g;

/** In double quotes, with escapes for every character that cannot be seen: `"we\u200bb"`. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    INVISIBLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
