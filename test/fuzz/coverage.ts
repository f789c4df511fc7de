/** Which branches of source files no test entered: what V8 counted in one process, told in lines of the source. */
import { readdirSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

interface Script {
  readonly url: string;
  readonly functions: readonly { readonly ranges: readonly Range[] }[];
}

interface CoverageFile {
  readonly result: readonly Script[];
  readonly 'source-map-cache'?: Readonly<
    Record<string, { readonly lineLengths: readonly number[]; readonly data: SourceMapPayload | null }>
  >;
}

export interface Uncovered {
  /** `native/netlink/message.ts:47`. */
  readonly place: string;
  /** The line there. */
  readonly text: string;
}

/**
 * Reads what a process left that ran with NODE_V8_COVERAGE.
 *
 * @param folder that variable's value
 * @param root folder of the sources, with a slash at the end
 * @param wanted whether a source file, by its path below `root`, is to be looked at
 * @returns `files`: the wanted ones that were loaded; `uncovered`: where a branch begins that was never entered
 */
export function readCoverage(
  folder: string,
  root: URL,
  wanted: (path: string) => boolean,
): { readonly files: readonly string[]; readonly uncovered: readonly Uncovered[] } {
  const files = new Set<string>();
  const uncovered = new Map<string, Uncovered>();
  for (const name of readdirSync(folder)) {
    const file = JSON.parse(readFileSync(join(folder, name), 'utf8')) as CoverageFile;
    for (const script of file.result) {
      const path = script.url.startsWith(root.href) ? script.url.slice(root.href.length) : null;
      const map = file['source-map-cache']?.[script.url];
      if (path === null || !wanted(path) || map === undefined || map.data === null) continue;
      files.add(path);
      for (const line of uncoveredLines(script, new SourceMap(map.data), map.lineLengths)) {
        const place = `${path}:${line + 1}`;
        uncovered.set(place, { place, text: lineOf(root, path, line) });
      }
    }
  }
  return {
    files: [...files].sort(),
    uncovered: [...uncovered.values()].sort((a, b) => (a.place < b.place ? -1 : 1)),
  };
}

/** Lines of the source, from 0, where ranges begin that were never entered. */
function uncoveredLines(script: Script, map: SourceMap, lineLengths: readonly number[]): number[] {
  const never = script.functions.flatMap(({ ranges }) => ranges.filter(({ count }) => count === 0));
  return never.flatMap(({ startOffset }) => {
    const { line, column } = position(startOffset, lineLengths);
    const entry = map.findEntry(line, column);
    return 'originalLine' in entry ? [entry.originalLine] : [];
  });
}

function position(offset: number, lineLengths: readonly number[]): { line: number; column: number } {
  let column = offset;
  let line = 0;
  for (const length of lineLengths) {
    if (column <= length) break;
    column -= length + 1;
    line++;
  }
  return { line, column };
}

function lineOf(root: URL, path: string, line: number): string {
  const text = readFileSync(fileURLToPath(new URL(path, root)), 'utf8');
  return (text.split('\n')[line] ?? '').trim();
}
