/** From a request to a running director: reads the file, fills in the user's defaults, starts. */
import { hostname } from 'node:os';
import { realClock, realRandom } from '../base/clock.js';
import { DirectorError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { ConfigError } from '../config/config-error.js';
import { ConfigMemory, type LoadOptions } from '../config/load.js';
import type { OwnedTable } from '../controller/ownership.js';
import type { DirectorSettings, Model } from '../model/director.js';
import { loadAtBoot, loadLastGood, ownRuntimePaths, type BootConfig } from './boot-config.js';
import { bootObjection } from './boot-guard.js';
import { Daemon } from './daemon.js';
import type { DirectorObserver } from './daemon-options.js';
import { recall, type Remembered } from './director-state.js';
import { logRefusedFile } from './event-logger.js';
import { openChosenPlane } from './open-chosen-plane.js';
import { warningTexts } from './reload.js';
import { acquireStateLock } from './state/state-lock.js';
import { loadPeerOf } from './state/peer-credentials.js';
import { createHaHost } from './vrrp/ha-host.js';
import type { HaHost } from './vrrp/ha-side.js';

export interface DirectorRequest {
  /** Configuration file; absolute. */
  readonly config: string;
  /** Overrides director.dataplane. */
  readonly dataplane?: DirectorSettings['dataplane'];
  /** Overrides director.admin.socket; absolute. */
  readonly socket?: string;
  /** Scheduler modules may come from anywhere. */
  readonly allowModule: boolean;
  /** Where instances of VRRP are driven. Default: this host. */
  readonly ha?: HaHost;
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
export async function startDirector(
  request: DirectorRequest,
  logger: Logger,
  observer?: DirectorObserver,
): Promise<Daemon> {
  const load: LoadOptions = { ...loadOptions(request), memory: new ConfigMemory() };
  const onUnusable = (message: string): void => logger.error(message);
  const read = await loadAtBoot(request.config, load, onUnusable);
  const { director } = read.loaded.model;
  const stateDir = director.stateDir ?? ownRuntimePaths().stateDir;
  // What lies in state_dir is read under its lock: another director may still be writing there.
  const lock = await acquireStateLock(stateDir);
  const daemon = await createDaemon().catch(async (error: unknown) => {
    await lock.release();
    throw error;
  });
  await daemon.start();
  return daemon;

  async function createDaemon(): Promise<Daemon> {
    const uid = process.geteuid?.() ?? 0;
    const kernel = director.dataplane !== 'proxy';
    const recallFor = ({ services }: Model): Promise<Remembered> =>
      recall({ stateDir, uid, clock: realClock, services, kernel });
    const known = await recallFor(read.loaded.model);
    for (const warning of known.warnings) logger.warn(warning);
    const boot = await guarded(read, known.owned, () =>
      loadLastGood(request.config, [stateDir], load, onUnusable),
    );
    tellBoot(boot, logger);
    // The last good one has servers that the file has not, and some of them are known to be down.
    const remembered = boot === read ? known : await recallFor(boot.loaded.model);
    const defaults = ownRuntimePaths();
    const chosen = await openChosenPlane(director.dataplane, request.dataplane);
    return new Daemon({
      clock: realClock,
      random: realRandom,
      logger,
      file: request.config,
      load,
      boot,
      lock,
      remembered,
      peerOf: await loadPeerOf(),
      socket: request.socket ?? director.adminSocket ?? defaults.socket,
      socketFolderMode: defaults.socketFolderMode,
      stateDir,
      uid,
      observer,
      chosen,
      ha: request.ha ?? createHaHost(chosen.kernel !== null),
    });
  }
}

/**
 * The file, unless it would take away too much of what an earlier director left in the table: then the last good one.
 *
 * @throws DirectorError ERR_SHRINK_GUARD when there is no last good one
 */
async function guarded(
  boot: BootConfig,
  owned: OwnedTable,
  lastGood: () => ReturnType<typeof loadLastGood>,
): Promise<BootConfig> {
  if (boot.source === 'last-good' || owned.services.size === 0) return boot;
  const found = await lastGood();
  const objection = bootObjection(boot.loaded.model, owned, found?.loaded.model ?? null);
  if (objection === null) return boot;
  const refusal = new DirectorError(`start with the file: ${objection.replaceAll('\n', '; ')}`, {
    code: 'ERR_SHRINK_GUARD',
    details: {},
  });
  if (found === null) throw refusal;
  return { source: 'last-good', ...found, refusal };
}

function tellBoot(boot: BootConfig, logger: Logger): void {
  if (boot.source === 'last-good' && boot.refusal instanceof ConfigError)
    logRefusedFile(logger, boot.refusal.code, boot.refusal.report({ color: false }));
  for (const warning of warningTexts(boot.loaded)) logger.warn(warning.trimEnd());
}
