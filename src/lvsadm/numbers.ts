/** Numbers as the C library reads them, since scripts write them with signs, zeros and blanks in front. Pure. */

/**
 * Reads a decimal number that is the whole text: blanks before it, a sign and leading zeros are fine; hexadecimal, blanks
 * behind it and an empty text are not.
 *
 * @returns null for anything else, and for a number outside `min`..`max`. Never throws.
 * @see strtol(3) with base 10
 */
export function parseNumber(text: string, min: number, max: number): number | null {
  if (!/^[ \t\n\v\f\r]*[+-]?\d+$/.test(text)) return null;
  // the sum turns -0 into 0
  const value = Number(text) + 0;
  return value >= min && value <= max ? value : null;
}

/** Whether the text is a number of any size as `parseNumber` has it. Never throws. */
export function isNumber(text: string): boolean {
  return parseNumber(text, -Infinity, Infinity) !== null;
}

const longMax = 2n ** 63n - 1n;

/**
 * Reads the number at the beginning of the text into 32 bits and lets the rest be, so `64`, ` 64x` and `4294967360` are the same.
 *
 * @returns 0 when there is none. Never throws.
 * @see atoi(3)
 */
export function parseLeadingInt(text: string): number {
  const digits = /^[ \t\n\v\f\r]*([+-]?)(\d+)/.exec(text);
  if (digits === null) return 0;
  const magnitude = BigInt(digits[2] ?? '0');
  const value = digits[1] === '-' ? -magnitude : magnitude;
  const clamped = value > longMax ? longMax : value < -longMax - 1n ? -longMax - 1n : value;
  return Number(BigInt.asIntN(32, clamped));
}
