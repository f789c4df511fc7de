/** Counters in columns of nine characters. Pure. */

const shortenFrom = 100_000_000n;
const steps = [
  { below: 1_000_000_000n, unit: 1_000n, sign: 'K' },
  { below: 100_000_000_000n, unit: 1_000_000n, sign: 'M' },
  { below: 100_000_000_000_000n, unit: 1_000_000_000n, sign: 'G' },
] as const;
const largest = { unit: 1_000_000_000_000n, sign: 'T' } as const;

/** At most eight digits and a sign, in thousands of thousands, rounded down: `99999999`, ` 1234567K`. Never throws. */
export function shortCounter(value: bigint): string {
  if (value < shortenFrom) return String(value).padStart(9);
  const { unit, sign } = steps.find(({ below }) => value < below) ?? largest;
  return `${value / unit}${sign}`.padStart(9);
}

/** All digits, with at least one blank before them. Never throws. */
export function exactCounter(value: bigint): string {
  return ` ${String(value).padStart(8)}`;
}
