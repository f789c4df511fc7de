/** Finds what a file that cannot be parsed seems to say about its state_dir. */
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';

const MENTION = /^[^#\n]*?\bstate_dir["']?:[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s,#}]+))/gm;

/**
 * The absolute paths that the text gives as `state_dir`, in its order; only a guess, to be checked by what is there.
 *
 * Empty when the file cannot be read.
 */
export async function namedStateDirs(file: string): Promise<string[]> {
  return stateDirsIn(await textOf(file));
}

/** The same for a text. */
export function stateDirsIn(text: string): string[] {
  return [...text.matchAll(MENTION)]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
    .filter((path) => isAbsolute(path));
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    // Why it cannot be read is in the refusal that led here.
    return '';
  }
}
