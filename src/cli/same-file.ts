/** A running director reads its own file: the question about another one must not be answered with that. */
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { failure } from './failure.js';

/**
 * @param verb for the message: `plan`
 * @param asked `-c FILE`; nothing is refused where none is named
 * @param directorsFile what the running director reads
 * @throws DirectorError when the two are not the same file
 */
export async function refuseOtherFile(
  verb: string,
  asked: string | undefined,
  directorsFile: () => Promise<string>,
): Promise<void> {
  if (asked === undefined) return;
  const read = await directorsFile();
  if (await samePath(asked, read)) return;
  throw failure(
    `${verb} ${asked}: the running director reads ${read} and knows only that; ` +
      `put the change there, or see what the file says with lvsd check -c ${asked}`,
  );
}

async function samePath(one: string, other: string): Promise<boolean> {
  if (resolve(one) === other) return true;
  try {
    return (await realpath(one)) === (await realpath(other));
  } catch {
    // One of them is gone by now: they cannot be the same.
    return false;
  }
}
