/** `lvsd apply` where no director runs: programs the kernel's table once, and leaves it. */
import type { ReloadAnswer } from '../api/protocol.js';
import { realClock } from '../base/clock.js';
import { pause } from '../base/abort.js';
import { closeAll } from '../base/close-all.js';
import { DirectorError } from '../base/errors.js';
import { loadConfig, type LoadedConfig, type LoadOptions } from '../config/load.js';
import { describeStep } from '../controller/describe-step.js';
import { LOOK_MS } from '../controller/drain-watch.js';
import type { Reconciler } from '../controller/reconciler.js';
import type { KernelDataplane } from '../dataplane/kernel/kernel-dataplane.js';
import type { Model } from '../model/director.js';
import { plural } from '../base/plural.js';
import { AcceptedConfigs } from './accepted-configs.js';
import { loadLastGood, ownRuntimePaths } from './boot-config.js';
import { bootObjection, objectionToApply } from './boot-guard.js';
import { DirectorState, recall, type Remembered } from './director-state.js';
import { idleReconciler } from './idle-reconciler.js';
import { openChosenPlane, type JoinKernel } from './open-chosen-plane.js';
import { warningTexts } from './reload.js';
import { loadOptions, type DirectorRequest } from './start-director.js';
import { HistoryStore } from './state/history-store.js';
import { LastGoodStore } from './state/last-good.js';
import { acquireNamespaceLock } from './state/namespace-lock.js';
import { acquireStateLock } from './state/state-lock.js';

export interface ApplyRequest extends DirectorRequest {
  /** Overrides the shrink guard. */
  readonly force: boolean;
}

/**
 * Makes the kernel's table as the file says, by what the last director knew of servers and without checks of its own.
 * The file becomes the last good one, and what it made is lvsd's own for whoever comes next.
 *
 * @throws ConfigError when the file is refused
 * @throws DirectorError when the plane is not the kernel's, another lvsd runs, the shrink guard objects, or the table
 *   cannot be read; nothing has changed then
 */
export async function applyAlone(request: ApplyRequest): Promise<ReloadAnswer> {
  const load = loadOptions(request);
  const loaded = await loadConfig(request.config, load);
  const { director } = loaded.model;
  const stateDir = director.stateDir ?? ownRuntimePaths().stateDir;
  const { kernel, join } = await openChosenPlane(director.dataplane, request.dataplane);
  if (kernel === null || join === null) throw noTable();
  const cleanup: (() => Promise<void>)[] = [() => kernel.close()];
  try {
    const stateLock = await acquireStateLock(stateDir);
    cleanup.push(() => stateLock.release());
    const namespaceLock = await acquireNamespaceLock();
    cleanup.push(() => namespaceLock.release());
    return await applyLocked(request, { load, loaded, stateDir, kernel, join });
  } finally {
    await closeAll(cleanup);
  }
}

interface Prepared {
  readonly load: LoadOptions;
  readonly loaded: LoadedConfig;
  readonly stateDir: string;
  readonly kernel: KernelDataplane;
  readonly join: JoinKernel;
}

async function applyLocked(request: ApplyRequest, prepared: Prepared): Promise<ReloadAnswer> {
  const { load, loaded, stateDir } = prepared;
  const { model } = loaded;
  const uid = process.geteuid?.() ?? 0;
  const { services } = model;
  const remembered = await recall({ stateDir, uid, clock: realClock, services, kernel: true });
  if (!request.force) {
    const lastGood = await loadLastGood(request.config, [stateDir], load, () => undefined);
    refuseShrinking(model, remembered, lastGood?.loaded.model ?? null);
  }
  const inKernel = { ...model, services: services.filter(({ plane }) => plane === 'kernel') };
  const { steps, failures, troubles } = await program(inKernel, remembered, prepared);
  const accepted = new AcceptedConfigs({
    clock: realClock,
    file: request.config,
    lastGood: new LastGoodStore(stateDir),
    history: new HistoryStore(stateDir, uid, realClock),
  });
  const about = { by: `uid ${uid}`, why: 'apply', summary: plural(steps.length, 'step') };
  troubles.push(...(await accepted.remember(loaded, about)));
  return {
    ok: true,
    revision: 1,
    steps: steps.map(describeStep),
    changes: [],
    failures: failures.map(({ message }) => message),
    warnings: [
      ...warningTexts(loaded),
      ...remembered.warnings,
      ...leftOut(services.length - inKernel.services.length),
      ...(loaded.model.ha === null ? [] : [NO_INSTANCES]),
      ...troubles,
    ],
  };
}

async function program(
  model: Model,
  remembered: Remembered,
  { stateDir, kernel, join }: Omit<Prepared, 'load' | 'loaded'>,
) {
  const troubles: string[] = [];
  const state: DirectorState = new DirectorState({
    stateDir,
    clock: realClock,
    remembered,
    kernel: true,
    states: () => reconciler.states,
    serving: () => reconciler.serving,
    loads: () => reconciler.loads,
    owned: () => reconciler.owned,
    onTrouble: (trouble) => {
      if (trouble !== null) troubles.push(trouble);
    },
  });
  const side = join({
    clock: realClock,
    state,
    owned: remembered.owned,
    warn: (warning) => void troubles.push(warning),
    tell: () => undefined,
  });
  const reconciler: Reconciler = idleReconciler(kernel, side.addresses, model, remembered, () =>
    state.saveOwnership(),
  );
  try {
    await side.follow(model);
    const { steps, failures } = await reconciler.start();
    troubles.push(...(await endIdleDrains(reconciler)));
    await side.check(model);
    return { steps, failures, troubles };
  } finally {
    await closeAll([() => reconciler.close(), () => side.close(), () => state.close()]);
  }
}

/** Nobody watches the drains that this began: those without connections end here, the others with whoever comes next. */
async function endIdleDrains({ drains }: Reconciler): Promise<readonly string[]> {
  const draining = () => drains.list().filter(({ drain }) => drain?.end === null).length;
  if (draining() === 0) return [];
  await pause(realClock, LOOK_MS, new AbortController().signal);
  await drains.look();
  const left = draining();
  if (left === 0) return [];
  return [`${plural(left, 'server')} still drain: lvsd run, or the next lvsd apply, deletes them in time`];
}

function refuseShrinking(model: Model, { owned }: Remembered, lastGood: Model | null): void {
  const objection = bootObjection(model, owned, lastGood);
  if (objection === null) return;
  const message = `apply the file: ${objectionToApply(objection)}`;
  throw new DirectorError(message, { code: 'ERR_SHRINK_GUARD', details: {} });
}

const NO_INSTANCES = 'instances of VRRP are driven by lvsd run only: nobody has their addresses by this';

function leftOut(services: number): string[] {
  if (services === 0) return [];
  return [`services of the userspace plane (${services}) are served by lvsd run only: they were left out`];
}

function noTable(): DirectorError {
  return new DirectorError(
    'apply the file: the userspace plane has no table without its director; start lvsd run, ' +
      'or set director.dataplane to kernel',
    { code: 'ERR_NO_TABLE', details: {} },
  );
}
