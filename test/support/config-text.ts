/** Loads configurations that a test writes as text, without touching a disk. */
import { loadConfig, memorySource, type LoadedConfig, type LoadOptions } from '../../src/config/load.js';

export const MAIN = '/etc/lvsd/lvsd.yaml';

/** @param files text by path, relative to the main file's folder; a single text is the main file */
export function loadText(
  files: string | Readonly<Record<string, string>>,
  options: Partial<LoadOptions> = {},
): Promise<LoadedConfig> {
  const entries =
    typeof files === 'string'
      ? [[MAIN, files] as const]
      : Object.entries(files).map(([path, text]) => [`/etc/lvsd/${path}`, text] as const);
  return loadConfig(MAIN, {
    environment: {},
    hostName: 'here',
    source: memorySource(new Map(entries)),
    ...options,
  });
}
