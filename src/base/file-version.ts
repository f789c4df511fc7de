/** Tells the versions of a file apart without reading it. */
import { stat } from 'node:fs/promises';

/**
 * Size and time of the last change, for people: `812 bytes of 2026-03-01T09:30:00.000Z`. Links are followed.
 *
 * @throws the system's error when the file cannot be looked at
 */
export async function fileVersion(path: string): Promise<string> {
  const { mtime, size } = await stat(path);
  return `${size} bytes of ${mtime.toISOString()}`;
}
