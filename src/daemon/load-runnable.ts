/** Loads a configuration for a director: the one way for start, reload and plan, so that all refuse the same files. */
import { loadConfig, type LoadedConfig, type LoadOptions } from '../config/load.js';
import { chooseDataplane } from './choose-dataplane.js';

/**
 * Loads `file` if a director could start with it. `options.dataplane` overrides what the file says of the plane.
 *
 * @throws ConfigError when the file is refused
 * @throws DirectorError ERR_NO_KERNEL_PLANE when it asks for a plane that this version does not have
 */
export async function loadRunnable(file: string, options: LoadOptions): Promise<LoadedConfig> {
  const loaded = await loadConfig(file, options);
  chooseDataplane(loaded.model.director.dataplane, options.dataplane === 'proxy' ? 'proxy' : undefined);
  return loaded;
}
