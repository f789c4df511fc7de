/** Durations, sizes, counts and times as people read them; JSON as scripts do. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Two units at most: `0s`, `850ms`, `12s`, `3m05s`, `2h10m`, `4d03h`. Negative (a clock that jumped) reads `0s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs <= 0) return '0s';
  if (durationMs < SECOND) return `${Math.max(1, Math.round(durationMs))}ms`;
  if (durationMs < MINUTE) return `${Math.floor(durationMs / SECOND)}s`;
  if (durationMs < HOUR) return pair(durationMs, MINUTE, 'm', SECOND, 's');
  if (durationMs < DAY) return pair(durationMs, HOUR, 'h', MINUTE, 'm');
  return pair(durationMs, DAY, 'd', HOUR, 'h');
}

function pair(
  durationMs: number,
  large: number,
  largeName: string,
  small: number,
  smallName: string,
): string {
  const rest = String(Math.floor((durationMs % large) / small)).padStart(2, '0');
  return `${Math.floor(durationMs / large)}${largeName}${rest}${smallName}`;
}

const SIZE_UNITS = ['B', 'K', 'M', 'G', 'T', 'P'];

/** Three digits and a unit of 1024: `0B`, `999B`, `1.5K`, `12.3M`, `1.0G`. */
export function formatBytes(bytes: number): string {
  return scale(bytes, 1024, SIZE_UNITS);
}

/** As it is below 100,000, then `123k`, `4.5M`, `1.2G`. */
export function formatCount(count: number): string {
  return count < 100_000 ? String(Math.round(count)) : scale(count, 1000, ['', 'k', 'M', 'G', 'T']);
}

function scale(value: number, step: number, units: readonly string[]): string {
  let scaled = value;
  let unit = 0;
  // 999.5 would print as a four-digit 1000 of the smaller unit.
  while (scaled >= Math.min(step, 999.5) && unit < units.length - 1) {
    scaled /= step;
    unit++;
  }
  const digits = unit === 0 || scaled >= 99.95 ? Math.round(scaled).toString() : scaled.toFixed(1);
  return digits + (units[unit] ?? '');
}

/** A rate per second: `0`, `0.4`, `12`, `4.5k`. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return '0';
  return perSecond < 9.95 ? perSecond.toFixed(1) : scale(perSecond, 1000, ['', 'k', 'M', 'G', 'T']);
}

/** Local time of day: `14:03:07`. */
export function formatTime(wallMs: number): string {
  const time = new Date(wallMs);
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** Indented JSON with a line end. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
