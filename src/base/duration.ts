/** Durations as people write them in the configuration and on the command line: `500ms`, `2s`, `5m`, `1h`. */

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const DURATION = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h)$/;

/**
 * Reads one number with one unit.
 *
 * @returns milliseconds, a whole number; null when the text is not a duration or is finer than a millisecond
 */
export function parseDuration(text: string): number | null {
  const match = DURATION.exec(text);
  if (match === null) return null;
  const unit = match[2] as keyof typeof UNIT_MS;
  // Decimal fractions are not exact in binary: 0.29s must be 290 ms, not 289.99999999999994.
  const exactMs = Number(match[1]) * UNIT_MS[unit];
  const wholeMs = Math.round(exactMs);
  return Math.abs(exactMs - wholeMs) < 1e-6 && Number.isSafeInteger(wholeMs) ? wholeMs : null;
}

/** The shortest exact spelling: 120000 is `2m`, 1500 is `1500ms`. */
export function formatDuration(ms: number): string {
  for (const unit of ['h', 'm', 's'] as const) {
    if (ms > 0 && ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`;
  }
  return `${ms}ms`;
}
