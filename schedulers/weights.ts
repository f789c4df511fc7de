/** Arithmetic of weights, exact for every value that fits the kernel's 32-bit integers. */

/** Greatest common divisor of the positive weights, 0 when there is none. */
export function commonDivisor(weights: Iterable<number>): number {
  let divisor = 0;
  for (const weight of weights) divisor = gcd(weight, divisor);
  return divisor;
}

function gcd(left: number, right: number): number {
  while (right !== 0) {
    const rest = left % right;
    left = right;
    right = rest;
  }
  return left;
}

/**
 * True when `a * b > c * d` for integers 0..2^40, exactly, though the products may pass 2^53. An infinite `a`
 * exceeds everything unless `b` is 0: so a search can begin without a candidate.
 *
 * Rounding to a double keeps order, so unequal doubles decide. Equal doubles stand for products that lie less than
 * 2^31 apart, so the sign of the difference of their low 32 bits decides.
 */
export function productExceeds(a: number, b: number, c: number, d: number): boolean {
  const left = a * b;
  const right = c * d;
  return left >= right && (left > right || lowBitsExceed(a, b, c, d));
}

/** Decides between products that are equal as doubles. */
function lowBitsExceed(a: number, b: number, c: number, d: number): boolean {
  return ((Math.imul(a, b) - Math.imul(c, d)) | 0) > 0;
}
