/** One file's text with its lines: offsets to places, and excerpts that show no secret. */

/** A half-open range of offsets in the text. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

const CONTEXT_COLUMNS = 100;
const BLANK = '***';

export class SourceText {
  /** Absolute path. */
  readonly file: string;
  readonly text: string;
  readonly #lineStarts: readonly number[];
  #secrets: readonly TextRange[] = [];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    this.#lineStarts = lineStartsOf(text);
  }

  /** Ranges that excerpts replace by `***`, in any order. */
  hide(secrets: readonly TextRange[]): void {
    this.#secrets = [...this.#secrets, ...secrets].sort((a, b) => a.start - b.start);
  }

  /** Line and column, both from 1; offsets past the end mean the end. */
  position(offset: number): { readonly line: number; readonly column: number } {
    const within = Math.min(Math.max(0, offset), this.text.length);
    const line = this.#lineOf(within);
    return { line: line + 1, column: within - (this.#lineStarts[line] ?? 0) + 1 };
  }

  /** The line at `range.start` with its number, and carets below the range as far as it is on that line. */
  excerpt(range: TextRange): string {
    const start = Math.min(Math.max(0, range.start), this.text.length);
    const line = this.#lineOf(start);
    const lineStart = this.#lineStarts[line] ?? 0;
    const lineEnd = this.#lineEnd(line);
    const shown = this.#blanked(lineStart, lineEnd, start);
    const marked = this.#blanked(lineStart, lineEnd, Math.min(Math.max(range.end, start + 1), lineEnd));
    return clip(String(line + 1), shown.text, shown.column, Math.max(1, marked.column - shown.column));
  }

  #lineOf(offset: number): number {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #lineEnd(line: number): number {
    const next = this.#lineStarts[line + 1];
    const end = next === undefined ? this.text.length : next - 1;
    return end > 0 && this.text[end - 1] === '\r' ? Math.max(end - 1, this.#lineStarts[line] ?? 0) : end;
  }

  /** The text of one line without secrets, and the column (from 0) that `offset` has in it. */
  #blanked(lineStart: number, lineEnd: number, offset: number): { text: string; column: number } {
    let text = '';
    let column: number | null = null;
    let at = lineStart;
    for (const secret of this.#secrets) {
      const start = Math.max(secret.start, at);
      const end = Math.min(secret.end, lineEnd);
      if (start >= end) continue;
      if (column === null && offset < start) column = text.length + (offset - at);
      text += this.text.slice(at, start);
      if (column === null && offset < end) column = text.length;
      text += BLANK;
      at = end;
    }
    column ??= text.length + Math.max(0, offset - at);
    return { text: text + this.text.slice(at, lineEnd), column };
  }
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function clip(number: string, line: string, column: number, length: number): string {
  const from = column > CONTEXT_COLUMNS - 20 ? column - CONTEXT_COLUMNS / 2 : 0;
  const cut = printable(line.slice(from, from + CONTEXT_COLUMNS));
  const before = from > 0 ? '...' : '';
  const after = from + CONTEXT_COLUMNS < line.length ? '...' : '';
  const carets = '^'.repeat(Math.max(1, Math.min(length, CONTEXT_COLUMNS - (column - from))));
  const gutter = ' '.repeat(number.length);
  return `  ${number} | ${before}${cut}${after}\n  ${gutter} | ${' '.repeat(before.length + column - from)}${carets}`;
}

/** Control characters would move the terminal's cursor, or worse. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are the point
  return text.replace(/\t/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/g, '\ufffd');
}
