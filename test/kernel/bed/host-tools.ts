/** What the kernels of the tests need of the host: programs, a folder to keep what was fetched, and the fetching. */
import { execFile } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** A download of some 40 MB, or the wait for another run that makes it. */
const FETCH_LIMIT_MS = 150_000;

/**
 * The first of `names` that can be run: paths as they are, names in PATH and in the folders of system programs, which an
 * ordinary user's PATH lacks.
 */
export function findProgram(names: readonly string[], environment: NodeJS.ProcessEnv): string | null {
  const folders = systemPath(environment)
    .split(delimiter)
    .filter((folder) => folder !== '');
  const places = names.flatMap((name) =>
    name.startsWith('/') ? [name] : folders.map((folder) => join(folder, name)),
  );
  return places.find(isExecutable) ?? null;
}

/** The folder that the variable names, else `name` in the user's cache folder. It need not exist. */
export function cacheFolder(variable: string, name: string, environment: NodeJS.ProcessEnv): string {
  const own = environment[variable];
  if (own !== undefined && own !== '') return own;
  const user = environment['XDG_CACHE_HOME'];
  return join(user !== undefined && user !== '' ? user : join(homedir(), '.cache'), name);
}

/**
 * Runs a script that fills the cache folder, its first argument; one at a time for each folder.
 *
 * @returns why it failed, on one line; null when it did not
 */
export async function fetchInto(
  cache: string,
  script: string,
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<string | null> {
  try {
    mkdirSync(cache, { recursive: true });
    await promisify(execFile)('flock', [join(cache, 'lock'), 'sh', script, cache, ...words], {
      env: { ...environment, PATH: systemPath(environment), LC_ALL: 'C' },
      timeout: FETCH_LIMIT_MS,
    });
    return null;
  } catch (error) {
    const output = (error as { stderr?: string }).stderr ?? '';
    const text = output === '' && error instanceof Error ? error.message : output;
    return text.trim().split('\n').at(-1) ?? '';
  }
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function systemPath({ PATH = '' }: NodeJS.ProcessEnv): string {
  return [PATH, '/usr/sbin', '/sbin'].join(delimiter);
}
