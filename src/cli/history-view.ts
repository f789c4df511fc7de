/** The history for people: a table, and the differences of two entries in the unified format. Pure. */
import { createTwoFilesPatch } from 'diff';
import type { HistoryLine, HistoryText } from '../api/protocol.js';
import { colors } from './colors.js';
import { formatTable } from './table.js';

const CONTEXT_LINES = 3;

/** One line an entry, the newest first; a sentence when there is none. */
export function historyView(entries: readonly HistoryLine[], color: boolean): string[] {
  if (entries.length === 0) return ['No configuration is kept (director.history).'];
  const paint = colors(color);
  const rows = entries
    .toReversed()
    .map(({ number, appliedAtMs, by, why, digest, summary }) => [
      String(number),
      new Date(appliedAtMs).toISOString().replace(/\.\d+Z$/, 'Z'),
      by,
      why,
      digest,
      summary,
    ]);
  return formatTable(
    [
      { title: 'NUMBER', align: 'right' },
      { title: 'APPLIED' },
      { title: 'BY' },
      { title: 'WHY' },
      { title: 'DIGEST' },
      { title: 'CHANGED' },
    ],
    rows,
    { paintTitle: paint.dim },
  );
}

/** Differences file by file; a sentence when there are none. */
export function diffView(from: HistoryText, to: HistoryText, color: boolean): string[] {
  const before = new Map(from.files.map(({ path, text }) => [path, text]));
  const after = new Map(to.files.map(({ path, text }) => [path, text]));
  const lines = [...new Set([...before.keys(), ...after.keys()])].flatMap((path) => {
    const [old, now] = [before.get(path) ?? '', after.get(path) ?? ''];
    if (old === now) return [];
    const names = [`${path} (number ${from.number})`, `${path} (number ${to.number})`] as const;
    return patchLines(createTwoFilesPatch(...names, old, now, '', '', { context: CONTEXT_LINES }), color);
  });
  return lines.length === 0 ? [`Numbers ${from.number} and ${to.number} have the same text.`] : lines;
}

/** Without the line of equal signs that some tools begin with. */
function patchLines(patch: string, color: boolean): string[] {
  const paint = colors(color);
  return patch
    .trimEnd()
    .split('\n')
    .filter((line) => !/^=+$/.test(line))
    .map((line) => {
      if (line.startsWith('+') && !line.startsWith('+++')) return paint.green(line);
      if (line.startsWith('-') && !line.startsWith('---')) return paint.red(line);
      return line.trimEnd();
    });
}
