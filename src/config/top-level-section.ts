/** Finds one top-level key of a block-style file by its lines, for who needs nothing else of a large one. */

const KEY = /^([A-Za-z_][A-Za-z0-9_]*):(?:[ \t\r]|$)/;
/** At the beginning of a line, and yet part of the key above: nested by what it holds, a list, the end of a bracket. */
const GOES_ON = /^(?:[ \t\r]|$|#|- |-$|[\]}])/;
/** What could refer to another part of the file. */
const REFERENCE = /[&*]|<</;

/**
 * The text with all lines blank that are not of this key, so that places in it are those of the whole.
 *
 * @returns null where it cannot be told by the lines: the key is missing or there twice, the file is written in another
 *   style, or the section refers to others
 */
export function topLevelSection(text: string, key: string): string | null {
  const lines = text.split('\n');
  let isInside = false;
  let found = 0;
  for (const [index, line] of lines.entries()) {
    const name = KEY.exec(line)?.[1];
    if (name === undefined && !GOES_ON.test(line) && !(line.trimEnd() === '---' && found === 0)) return null;
    if (name !== undefined) isInside = name === key;
    if (name === key) found++;
    if (!isInside) lines[index] = '';
  }
  const section = lines.join('\n');
  return found !== 1 || REFERENCE.test(section) ? null : section;
}
