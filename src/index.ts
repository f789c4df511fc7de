/** What programs may use of lvsd beside `lvsd/schedulers`: reading a configuration as the director reads it. */
export { VERSION } from './base/version.js';
export { DirectorError } from './base/errors.js';
export {
  ConfigError,
  loadConfig,
  memorySource,
  type ConfigProblem,
  type ConfigSource,
  type LoadedConfig,
  type LoadOptions,
} from './config/load.js';
export { jsonSchema } from './config/json-schema.js';
export type { DirectorSettings, Model } from './model/director.js';
export type { VirtualService } from './model/virtual-service.js';
export type { RealServer } from './model/real-server.js';
export type { Snapshot } from './model/snapshot.js';
