/** Starts the demo's director on ports that are free, also when somebody else is looking for some at the same time. */
import { join } from 'node:path';
import { ApiClient } from '../api/client.js';
import type { Clock } from '../base/clock.js';
import { DirectorError } from '../base/errors.js';
import type { DirectorEvent } from '../model/event.js';
import type { DemoPlace } from './demo-config.js';
import { freePort, isFree } from './free-port.js';

/** A director that runs in this process. */
export interface RunningDirector {
  /** Calls back for each new event. */
  onEvent(listener: (event: DirectorEvent) => void): void;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly clock: Clock;
  /** For socket and state. */
  readonly folder: string;
  readonly configFile: string;
  /** Writes `configFile` anew. */
  readonly writeConfig: (place: DemoPlace) => Promise<void>;
  readonly startDirector: (configFile: string) => Promise<RunningDirector>;
}

const HOST = '127.0.0.1';
const HTTP_PORT = 8080;
const ADMIN_PORT = 9410;
const MOST_TRIES = 5;

/**
 * A port that was free may be taken when the director listens (a second demo that starts at once); then it tries the
 * next free ones.
 *
 * @throws what the director throws, or DirectorError ERR_DEMO_START, when its ports are not to blame
 */
export async function startOnFreePorts(
  options: StartOptions,
): Promise<{ readonly director: RunningDirector; readonly place: DemoPlace }> {
  for (let attempt = 1; ; attempt++) {
    const place: DemoPlace = {
      httpPort: await freePort(HOST, HTTP_PORT),
      adminPort: await freePort(HOST, ADMIN_PORT),
      socket: join(options.folder, 'run', 'lvsd.sock'),
      stateDir: join(options.folder, 'state'),
    };
    await options.writeConfig(place);
    try {
      return { director: await startWhole(options, place), place };
    } catch (error) {
      if (attempt === MOST_TRIES || (await areFree(place))) throw error;
    }
  }
}

/** A director that serves all it should. */
async function startWhole(options: StartOptions, { socket }: DemoPlace): Promise<RunningDirector> {
  const director = await options.startDirector(options.configFile);
  const client = new ApiClient(socket, { clock: options.clock, uid: process.geteuid?.() ?? 0 });
  const { ready, reasons } = await client.readiness();
  if (ready) return director;
  await director.close();
  throw new DirectorError(`start the demo's director: ${reasons.join('; ')}`, {
    code: 'ERR_DEMO_START',
    details: { reasons },
  });
}

async function areFree({ httpPort, adminPort }: DemoPlace): Promise<boolean> {
  return (await isFree(HOST, httpPort)) && (await isFree(HOST, adminPort));
}
