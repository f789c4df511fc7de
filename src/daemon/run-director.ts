/** `lvsd run`: a director as the process that it runs in. */
import { realClock } from '../base/clock.js';
import type { LogLevel } from '../base/log-level.js';
import { createLogger, type Logger } from '../base/logger.js';
import { plural } from '../base/plural.js';
import { formatServiceAddress } from '../model/format-address.js';
import type { Daemon } from './daemon.js';
import { endProcessInTime } from './end-process.js';
import { ServiceManager, takeManagerRequest } from './notify.js';
import { handleSignals } from './signals.js';
import { startDirector, type DirectorRequest } from './start-director.js';

export interface RunDirectorRequest extends DirectorRequest {
  readonly logLevel: LogLevel;
  /** Readable log lines instead of JSON. */
  readonly prettyLog: boolean;
  readonly colorLog: boolean;
}

/**
 * Runs until SIGTERM or SIGINT, then stops cleanly.
 *
 * @returns the exit code
 * @throws what `startDirector` throws
 */
export async function runDirector(request: RunDirectorRequest): Promise<number> {
  const logger = createLogger({
    level: request.logLevel,
    pretty: request.prettyLog,
    color: request.colorLog,
  });
  exitOnBug(logger);
  // SIGHUP's default would end a process that is still starting; what it asks for is done afterwards.
  let askedEarly = false as boolean;
  let reload = (): void => void (askedEarly = true);
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    handleSignals({ stop: resolve, reload: () => reload() });
  });
  let started: Daemon | null = null;
  const manager = new ServiceManager({
    clock: realClock,
    request: takeManagerRequest(process.env, process.pid),
    log: { error: (message) => logger.error(message), info: (message) => logger.info(message) },
    resyncMs: () => started?.model.director.resyncMs ?? Infinity,
    describe: () => started?.describe() ?? 'starting',
  });
  await manager.starting();
  const daemon = await startDirector(request, logger, manager);
  started = daemon;
  manager.ready();
  reload = () => void daemon.reload('SIGHUP');
  if (askedEarly) reload();
  tellWhere(daemon, logger);
  logger.info(`${await stopped}: stopping`);
  manager.stopping(daemon.farewell);
  await daemon.close();
  manager.close();
  endProcessInTime(realClock, 0);
  return 0;
}

/** A state that nobody thought of is not one to balance traffic in: whoever supervises starts anew. */
function exitOnBug(logger: Logger): void {
  const die = (error: unknown): void => {
    logger.fatal(error, 'a fault of lvsd itself');
    process.exit(1);
  };
  process.on('uncaughtException', die).on('unhandledRejection', die);
}

function tellWhere(daemon: Daemon, logger: Logger): void {
  for (const { name, address, settings, servers } of daemon.model.services) {
    logger.info(
      { service: name },
      `${name}: ${address.protocol} ${formatServiceAddress(address)}, ${settings.scheduler}, ${plural(servers.length, 'server')}`,
    );
  }
  logger.info(`control socket ${daemon.socket}`);
  if (daemon.adminAddress !== null) logger.info(`metrics http://${daemon.adminAddress}/metrics`);
}
