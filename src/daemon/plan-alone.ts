/** `lvsd plan` where no director runs: what the file would change in the table as it is. */
import type { PlanAnswer } from '../api/protocol.js';
import { realClock } from '../base/clock.js';
import { closeAll } from '../base/close-all.js';
import { loadConfig } from '../config/load.js';
import { describeStep } from '../controller/describe-step.js';
import { loadLastGood, ownRuntimePaths } from './boot-config.js';
import { bootObjection, objectionToApply } from './boot-guard.js';
import { recall } from './director-state.js';
import type { KernelSide } from './kernel-side.js';
import { openChosenPlane } from './open-chosen-plane.js';
import { Planes } from './planes.js';
import { warningTexts } from './reload.js';
import { idleReconciler } from './idle-reconciler.js';
import { loadOptions, type DirectorRequest } from './start-director.js';

/**
 * Plans the file against the kernel's table, or against an empty one: that is what a userspace plane has which does
 * not run. By what the last director knew of servers, without checks of its own. Changes nothing.
 *
 * @throws ConfigError when the file is refused
 * @throws DirectorError ERR_NO_KERNEL_PLANE, TableError
 */
export async function planAlone(
  request: DirectorRequest,
): Promise<{ readonly answer: PlanAnswer; readonly against: string }> {
  const load = loadOptions(request);
  const loaded = await loadConfig(request.config, load);
  const { model } = loaded;
  const { director, services } = model;
  const chosen = await openChosenPlane(director.dataplane, request.dataplane);
  const planes = new Planes({ clock: realClock, director, chosen });
  let side: KernelSide | null = null;
  try {
    const stateDir = director.stateDir ?? ownRuntimePaths().stateDir;
    const uid = process.geteuid?.() ?? 0;
    const kernel = planes.kernel !== null;
    const remembered = await recall({ stateDir, uid, clock: realClock, services, kernel });
    const state = { onHost: remembered.host, setOnHost: () => Promise.resolve() };
    const silent = (): void => undefined;
    side =
      chosen.join?.({ clock: realClock, state, owned: remembered.owned, warn: silent, tell: silent }) ?? null;
    const lastGood = await loadLastGood(request.config, [stateDir], load, () => undefined);
    const reconciler = idleReconciler(planes.dataplane, side?.addresses ?? null, model, remembered);
    const { steps } = await reconciler.preview(model);
    const objection = bootObjection(model, remembered.owned, lastGood?.loaded.model ?? null);
    const answer: PlanAnswer = {
      file: request.config,
      steps: steps.map(describeStep),
      refusedWithoutForce: objection === null ? null : objectionToApply(objection),
      warnings: [...warningTexts(loaded), ...remembered.warnings],
    };
    return { answer, against: kernel ? "the kernel's table" : 'an empty table' };
  } finally {
    await closeAll([() => planes.dataplane.close(), () => side?.close()]);
  }
}
