/** Finds the parts of a file that must not be shown in excerpts. */
import { isAlias, isScalar, visit, type Document, type Node } from 'yaml';
import { looksSecret } from './secret-keys.js';
import type { TextRange } from './source-text.js';

/**
 * Ranges of the values of secret keys.
 *
 * @param broken the nodes cannot be relied on: lines that look like a secret key are hidden by their text, too
 */
export function secretRanges(documents: readonly Document[], text: string, broken: boolean): TextRange[] {
  const ranges = documents.flatMap((document) => rangesOfNodes(document));
  return broken ? [...ranges, ...rangesOfLines(text)] : ranges;
}

function rangesOfNodes(document: Document): TextRange[] {
  const ranges: TextRange[] = [];
  const aliases = new Set<string>();
  visit(document, {
    Pair(_, pair) {
      if (!isScalar(pair.key) || typeof pair.key.value !== 'string') return;
      const value = pair.value as Node | null;
      if (value === null) addRestOfKey(ranges, pair.key, pair.key.value);
      if (!looksSecret(pair.key.value) && !mayHoldCredentials(pair.key.value, value)) return;
      if (isAlias(value)) aliases.add(value.source);
      addRange(ranges, value);
    },
  });
  if (aliases.size > 0) {
    visit(document, {
      Node(_, node) {
        if ('anchor' in node && aliases.has(node.anchor ?? '')) addRange(ranges, node);
      },
    });
  }
  return ranges;
}

/** `basic_auth: user:password`, `username: user:password`, `authorization: ...`: the right secret at the wrong key. */
function mayHoldCredentials(key: string, value: Node | null): boolean {
  return isScalar(value) && /auth|user/i.test(key);
}

/** `{ password hunter2 }` or `{ password:hunter2 }`: the colon was forgotten, or the space behind it. */
function addRestOfKey(ranges: TextRange[], node: Node, key: string): void {
  const end = key.search(/[ :]/);
  if (end === -1 || !looksSecret(key.slice(0, end)) || !node.range) return;
  ranges.push({ start: node.range[0] + end + 1, end: node.range[1] });
}

function addRange(ranges: TextRange[], node: Node | null): void {
  if (node?.range) ranges.push({ start: node.range[0], end: node.range[1] });
}

/**
 * For text that is no YAML: from a secret-looking word on, the rest of the line and all lines that are indented deeper
 * or begin no entry of their own.
 */
function rangesOfLines(text: string): TextRange[] {
  const ranges: TextRange[] = [];
  let offset = 0;
  let hiddenIndent: number | null = null;
  for (const line of text.split('\n')) {
    const indent = line.length - line.trimStart().length;
    if (hiddenIndent !== null && indent <= hiddenIndent && ENTRY.test(line)) hiddenIndent = null;
    const start = hiddenIndent === null ? secretStart(line) : 0;
    if (start !== null) {
      ranges.push({ start: offset + start, end: offset + line.length });
      hiddenIndent ??= indent;
    }
    offset += line.length + 1;
  }
  return ranges;
}

/** A list entry, a key, a comment or a closing bracket. */
const ENTRY = /^\s*(?:-(?:\s|$)|["']?[\w-]+["']?\s*:|[#\]}])/;

/** Where a value begins that follows the first secret-looking word, its colon perhaps forgotten; null when there is none. */
function secretStart(line: string): number | null {
  for (const match of line.matchAll(/(?<![\w-])([A-Za-z_][\w-]*)["']?(?:\s*[:=]\s*|\s+)/g)) {
    if (looksSecret(match[1] ?? '')) return match.index + match[0].length;
  }
  return null;
}
