/** Which configuration a director starts with: its file, or the last good copy when the file is refused. */
import { tmpdir, homedir } from 'node:os';
import { runtimePaths } from '../base/runtime-paths.js';
import { ConfigError } from '../config/config-error.js';
import { memorySource } from '../config/config-source.js';
import { loadConfig, type LoadedConfig, type LoadOptions } from '../config/load.js';
import { LastGoodStore, type LastGood } from './last-good.js';
import { namedStateDirs } from './named-state-dirs.js';

export type BootConfig =
  | { readonly source: 'file'; readonly loaded: LoadedConfig }
  | {
      readonly source: 'last-good';
      readonly loaded: LoadedConfig;
      readonly copy: LastGood;
      /** Why the file itself does not run. */
      readonly refusal: ConfigError;
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
 * @throws ConfigError about the file when there is no copy that could run
 */
export async function loadAtBoot(file: string, options: LoadOptions): Promise<BootConfig> {
  try {
    return { source: 'file', loaded: await loadConfig(file, options) };
  } catch (refusal) {
    if (!(refusal instanceof ConfigError)) throw refusal;
    const copy = await findLastGood(file);
    if (copy === null) throw refusal;
    const loaded = await loadConfig(file, { ...options, source: memorySource(copy.files) });
    return { source: 'last-good', loaded, copy, refusal };
  }
}

/** A refused file may still name its state_dir; a copy counts only if it is one of this very file. */
async function findLastGood(file: string): Promise<LastGood | null> {
  for (const stateDir of [...(await namedStateDirs(file)), ownRuntimePaths().stateDir]) {
    const copy = await new LastGoodStore(stateDir).read();
    if (copy?.file === file) return copy;
  }
  return null;
}
