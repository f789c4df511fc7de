/** Since when: `30d`, `12h`, `90m`, or a date. Pure. */

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;

const SPAN = /^(\d{1,5})([mhdw])$/;
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * Reads a span back from now, or a date with or without a time (`2026-11-01`, `2026-11-01 12:30`, with `Z` or an offset),
 * which is of the local time zone where it does not name one.
 *
 * @param nowMs ms since the epoch
 * @returns ms since the epoch; null when the text is neither, or is in the future
 */
export function parseSince(text: string, nowMs: number): number | null {
  const span = SPAN.exec(text);
  if (span !== null) return nowMs - Number(span[1]) * UNIT_MS[span[2] as keyof typeof UNIT_MS];
  if (!DATE.test(text)) return null;
  // A date alone would be taken for one of UTC.
  const atMs = Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T'));
  return Number.isNaN(atMs) || atMs > nowMs || !isDay(text.slice(0, 10)) ? null : atMs;
}

/** Parsers make the first of March of the 30th of February. */
function isDay(text: string): boolean {
  return new Date(`${text}T00:00Z`).toISOString().startsWith(text);
}
