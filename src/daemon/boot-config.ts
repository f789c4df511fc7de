/** Which configuration a director starts with: its file, or the last good copy when the file is refused. */
import { tmpdir, homedir } from 'node:os';
import { DirectorError } from '../base/errors.js';
import { runtimePaths } from '../base/runtime-paths.js';
import { ConfigError } from '../config/config-error.js';
import { memorySource } from '../config/config-source.js';
import { loadConfig, type LoadedConfig, type LoadOptions } from '../config/load.js';
import { LastGoodError, LastGoodStore, type LastGood } from './state/last-good.js';
import { namedStateDirs } from './named-state-dirs.js';

export type BootConfig =
  | { readonly source: 'file'; readonly loaded: LoadedConfig }
  | {
      readonly source: 'last-good';
      readonly loaded: LoadedConfig;
      readonly copy: LastGood;
      /** Why the file itself does not run: it is refused as it is, or it would remove too much. */
      readonly refusal: DirectorError;
    };

/** Paths of this process's user. */
export function ownRuntimePaths(): ReturnType<typeof runtimePaths> {
  const uid = process.geteuid?.() ?? 0;
  return runtimePaths({ uid, environment: process.env, tmpdir: tmpdir(), home: homedir() });
}

/**
 * Loads the file; if it is refused, the last copy of the same file that was accepted.
 *
 * @param file absolute
 * @param onUnusable hears in one line of each copy that cannot run
 * @throws ConfigError about the file when there is no copy that could run
 */
export async function loadAtBoot(
  file: string,
  options: LoadOptions,
  onUnusable: (message: string) => void,
): Promise<BootConfig> {
  try {
    return { source: 'file', loaded: await loadConfig(file, options) };
  } catch (refusal) {
    if (!(refusal instanceof ConfigError)) throw refusal;
    // A refused file may still name its state_dir.
    const dirs = [...(await namedStateDirs(file)), ownRuntimePaths().stateDir];
    const found = await loadLastGood(file, dirs, options, onUnusable);
    if (found === null) throw refusal;
    return { source: 'last-good', ...found, refusal };
  }
}

/** A stored copy and what it says. */
export interface LoadedCopy {
  readonly copy: LastGood;
  readonly loaded: LoadedConfig;
}

/**
 * The last copy of this very file that was accepted, if it can still be loaded.
 *
 * @param stateDirs where to look, the best first
 * @param onUnusable hears in one line of each copy that cannot run
 */
export async function loadLastGood(
  file: string,
  stateDirs: readonly string[],
  options: LoadOptions,
  onUnusable: (message: string) => void,
): Promise<LoadedCopy | null> {
  const copy = await findLastGood(file, stateDirs, onUnusable);
  const loaded = copy && (await loadCopy(copy, options, onUnusable));
  return copy === null || loaded === null ? null : { copy, loaded };
}

/** null for a copy that is refused in its turn: a variable of it may be unset by now. */
async function loadCopy(
  { file, files }: LastGood,
  options: LoadOptions,
  onUnusable: (message: string) => void,
): Promise<LoadedConfig | null> {
  try {
    return await loadConfig(file, { ...options, source: memorySource(files) });
  } catch (error) {
    if (!(error instanceof DirectorError)) throw error;
    onUnusable(`run the last good copy: ${error.message}`);
    return null;
  }
}

/** A copy counts only if it is one of this very file. */
async function findLastGood(
  file: string,
  stateDirs: readonly string[],
  onUnusable: (message: string) => void,
): Promise<LastGood | null> {
  for (const stateDir of stateDirs) {
    const copy = await readCopy(stateDir, onUnusable);
    if (copy?.file === file) return copy;
  }
  return null;
}

/** null also for what cannot be read: that must not hide why the file itself is refused. */
async function readCopy(stateDir: string, onUnusable: (message: string) => void): Promise<LastGood | null> {
  try {
    return await new LastGoodStore(stateDir).read();
  } catch (error) {
    if (!(error instanceof LastGoodError)) throw error;
    onUnusable(error.message);
    return null;
  }
}
