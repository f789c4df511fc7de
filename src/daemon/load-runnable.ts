/** Loads a configuration for a director that runs: the one way for reload and plan, so that both refuse the same files. */
import { loadConfig, type LoadedConfig, type LoadOptions } from '../config/load.js';
import type { AskedPlane } from './choose-dataplane.js';

export interface RunnableConfig {
  readonly loaded: LoadedConfig;
  /** What the file asks for, which takes effect at the next start. */
  readonly askedPlane: AskedPlane;
}

/**
 * Loads `file` by the limits of the plane that the director was started with: a file that asks for another one
 * must not bring what this one cannot serve.
 *
 * @param startedPlane what file or command line asked for when the director started
 * @throws ConfigError when the file is refused
 */
export async function loadRunnable(
  file: string,
  options: LoadOptions,
  startedPlane: AskedPlane,
): Promise<RunnableConfig> {
  const loaded = await loadConfig(file, options);
  const askedPlane = loaded.model.director.dataplane;
  if (askedPlane === startedPlane) return { loaded, askedPlane };
  return { loaded: await loadConfig(file, { ...options, dataplane: startedPlane }), askedPlane };
}
