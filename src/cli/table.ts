/** Aligned columns for people. */
import { visibleLength } from './colors.js';

export interface Column {
  readonly title: string;
  /** Numbers line up at the right; default left. */
  readonly align?: 'left' | 'right';
}

export interface TableOptions {
  /** Spaces before each line, default 0. */
  readonly indent?: number;
  /** Applied to the titles, for example `colors.dim`. */
  readonly paintTitle?: (text: string) => string;
}

const GAP = '  ';

/**
 * Lines of a table, the titles first, without line ends. Cells may hold colour sequences.
 *
 * A column that is empty in every row is left out. No line ends in spaces.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string[] {
  const used = columns
    .map((column, index) => ({ column, cells: rows.map((row) => row[index] ?? '') }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
    .map(({ column, cells }) => alignColumn(column, cells, options.paintTitle ?? ((text) => text)));
  const indent = ' '.repeat(options.indent ?? 0);
  return [0, ...rows.map((_, index) => index + 1)].map((line) =>
    trimEnd(indent + used.map((cells) => cells[line] ?? '').join(GAP)),
  );
}

/** The title and the cells of one column, all of one width. */
function alignColumn(
  column: Column,
  cells: readonly string[],
  paintTitle: (text: string) => string,
): string[] {
  const width = Math.max(column.title.length, ...cells.map(visibleLength));
  return [paintTitle(column.title), ...cells].map((cell) => {
    const space = ' '.repeat(width - visibleLength(cell));
    return column.align === 'right' ? space + cell : cell + space;
  });
}

function trimEnd(line: string): string {
  return line.replace(/ +$/, '');
}
