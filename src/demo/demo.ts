/** `lvsd demo`: three servers and a director in one temporary folder, told as a story. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import type { DirectorEvent } from '../model/event.js';
import { demoConfig } from './demo-config.js';
import { instructions } from './instructions.js';
import { ServerFleet } from './server-fleet.js';
import { startOnFreePorts, type RunningDirector } from './start-on-free-ports.js';

export interface DemoOptions {
  readonly clock: Clock;
  readonly out: (text: string) => void;
  readonly formatEvent: (event: DirectorEvent) => string;
  readonly startDirector: (configFile: string) => Promise<RunningDirector>;
  /** How lvsd is called from the reader's shell. */
  readonly command: string;
  /** Folder in which the demo makes its own. */
  readonly tmpdir: string;
  /** Calls back at each request to start dead servers again. */
  readonly onRevive: (revive: () => void) => void;
  /** Ends the demo. */
  readonly signal: AbortSignal;
}

const WEIGHTS: Readonly<Record<string, number>> = { alpha: 3, beta: 1, gamma: 1 };

/**
 * Runs until the signal aborts; then nothing is left: no process, socket or folder.
 *
 * @throws DirectorError when a server or the director does not start; what was made is then removed too
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const folder = await mkdtemp(join(options.tmpdir, 'lvsd-demo-'));
  const fleet = new ServerFleet({
    clock: options.clock,
    onDeath: (name) => options.out(`server ${name} has ended\n`),
  });
  try {
    await fleet.start(Object.keys(WEIGHTS));
    if (!options.signal.aborted) await tell(options, folder, fleet);
  } finally {
    await fleet.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function tell(options: DemoOptions, folder: string, fleet: ServerFleet): Promise<void> {
  const servers = fleet.servers.map((server) => ({ ...server, weight: WEIGHTS[server.name] ?? 1 }));
  const configFile = join(folder, 'lvsd.yaml');
  const { director, place } = await startOnFreePorts({
    clock: options.clock,
    folder,
    configFile,
    writeConfig: (found) => writeFile(configFile, demoConfig(found, servers)),
    startDirector: options.startDirector,
  });
  try {
    // One at a time: two that see the same server dead would start it twice.
    let revival = Promise.resolve();
    options.onRevive(() => void (revival = revival.then(() => revive(options, fleet))));
    options.out(instructions({ place, servers, command: options.command, pid: process.pid, configFile }));
    director.onEvent((event) => options.out(`${options.formatEvent(event)}\n`));
    await aborted(options.signal);
    options.out('\nstopping\n');
  } finally {
    await director.close();
  }
}

async function revive({ out, signal }: DemoOptions, fleet: ServerFleet): Promise<void> {
  try {
    const revived = await fleet.revive(signal);
    if (signal.aborted) return;
    for (const { name, pid } of revived) out(`server ${name} runs again, pid ${pid ?? '-'}\n`);
    if (revived.length === 0) out('no server is dead, nothing to bring back\n');
  } catch (error) {
    out(`${reasonOf(error)}\n`);
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
