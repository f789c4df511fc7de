/** From a request to a running director: reads the file, fills in the user's defaults, starts. */
import { hostname } from 'node:os';
import { realClock, realRandom } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { LoadOptions } from '../config/load.js';
import { loadAtBoot, ownRuntimePaths } from './boot-config.js';
import { Daemon } from './daemon.js';
import { warningTexts } from './reload.js';
import { logRefusedFile } from './event-logger.js';

export interface DirectorRequest {
  /** Configuration file; absolute. */
  readonly config: string;
  /** Overrides director.dataplane. */
  readonly dataplane?: 'proxy';
  /** Overrides director.admin.socket; absolute. */
  readonly socket?: string;
  /** Scheduler modules may come from anywhere. */
  readonly allowModule: boolean;
}

/** How this process reads a configuration. */
export function loadOptions({ dataplane, allowModule }: Omit<DirectorRequest, 'config'>): LoadOptions {
  return {
    environment: process.env,
    hostName: hostname(),
    allowModule,
    ...(dataplane === undefined ? {} : { dataplane }),
  };
}

/**
 * Starts a director in this process.
 *
 * @throws ConfigError when the file is refused and no copy of it can run
 * @throws DirectorError when it cannot start
 */
export async function startDirector(request: DirectorRequest, logger: Logger): Promise<Daemon> {
  const load = loadOptions(request);
  const boot = await loadAtBoot(request.config, load, (message) => logger.error(message));
  if (boot.source === 'last-good')
    logRefusedFile(logger, boot.refusal.code, boot.refusal.report({ color: false }));
  for (const warning of warningTexts(boot.loaded)) logger.warn(warning.trimEnd());
  const { director } = boot.loaded.model;
  const defaults = ownRuntimePaths();
  const daemon = new Daemon({
    clock: realClock,
    random: realRandom,
    logger,
    file: request.config,
    load,
    boot,
    dataplane: request.dataplane,
    socket: request.socket ?? director.adminSocket ?? defaults.socket,
    socketFolderMode: defaults.socketFolderMode,
    stateDir: director.stateDir ?? defaults.stateDir,
    uid: process.geteuid?.() ?? 0,
  });
  await daemon.start();
  return daemon;
}
