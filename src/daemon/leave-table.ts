/** What becomes of lvsd's own in the kernel when its director stops, as `on_stop` says. */
import type { Logger } from '../base/logger.js';
import type { Reconciler } from '../controller/reconciler.js';
import type { Model } from '../model/director.js';
import type { HostSettings } from './host-settings.js';
import { leftBehind, nothingLeft } from './left-behind.js';

export interface LeaveTableOptions {
  /** The running configuration. */
  readonly model: Model;
  readonly reconciler: Pick<Reconciler, 'setModel' | 'endProbes' | 'owned'>;
  readonly settings: Pick<HostSettings, 'restore'>;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
}

/** There is no later for a retry. */
const ATTEMPTS = 3;

/**
 * Keeps everything but the services for probes and says what is left, or removes it and then puts the settings of the
 * host back.
 *
 * Where something cannot be removed the settings stay, too: it goes on serving, and may need them.
 */
export async function leaveTable({ model, reconciler, settings, logger }: LeaveTableOptions): Promise<void> {
  if (model.director.onStop === 'keep') {
    for (const failure of await removeProbes(reconciler)) logger.error(failure);
    const inKernel = model.services.filter(({ plane }) => plane === 'kernel');
    const addresses = [...(reconciler.owned.addresses?.values() ?? [])];
    for (const line of leftBehind(inKernel, addresses)) logger.warn(line);
    return;
  }
  const failures = await removeAll(model, reconciler);
  for (const failure of failures) logger.error(failure);
  if (failures.length === 0) await settings.restore();
  else
    logger.error(
      'on_stop: remove: what is left goes on serving unwatched, and the settings of the host stay as they are for it; ' +
        'start and stop lvsd again to clear it',
    );
}

/** Nobody probes any more. @returns one line for each that is left; the next lvsd removes those */
async function removeProbes(reconciler: Pick<Reconciler, 'endProbes'>): Promise<readonly string[]> {
  const { failures } = await reconciler.endProbes();
  return failures.map(({ message }) => `remove the services of probes: ${message}`);
}

/** @returns one line for each that is left */
async function removeAll(model: Model, reconciler: Pick<Reconciler, 'setModel'>): Promise<string[]> {
  let failures: string[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const result = await reconciler.setModel(nothingLeft(model), { cause: null, force: true });
    failures = result.accepted ? result.failures.map(({ message }) => message) : [result.refusal];
    if (failures.length === 0) return [];
  }
  return failures;
}
