/**
 * Bytes that depend on connection, direction and position, so that a lost, doubled, swapped or foreign byte
 * shows at once. Both ends compute the pattern; nothing is compared with a copy.
 */

export type Direction = 'to-server' | 'to-client';

/** Fills `target` with the bytes at `position` and after. */
export function fillPattern(
  target: Uint8Array,
  connection: number,
  direction: Direction,
  position: number,
): void {
  for (let index = 0; index < target.length; index++) {
    target[index] = patternByte(connection, direction, position + index);
  }
}

/** Index of the first byte of `chunk` that is not as it ought to be, or -1. */
export function firstMismatch(
  chunk: Uint8Array,
  connection: number,
  direction: Direction,
  position: number,
): number {
  for (let index = 0; index < chunk.length; index++) {
    if (chunk[index] !== patternByte(connection, direction, position + index)) return index;
  }
  return -1;
}

function patternByte(connection: number, direction: Direction, position: number): number {
  const salt = direction === 'to-server' ? 0x5bd1 : 0x1b87;
  return ((Math.imul(position + 1, 0x9e3779b1) ^ Math.imul(connection + salt, 0x85ebca6b)) >>> 13) & 0xff;
}
