/**
 * Reads the file again and hands it to everything that works by it. A file that is refused changes nothing.
 */
import { DirectorError } from '../base/errors.js';
import { ConfigError } from '../config/config-error.js';
import { memorySource, type ConfigSource, type LoadedConfig, type LoadOptions } from '../config/load.js';
import type { HistoryEntry } from './state/history-store.js';
import { formatReport } from '../config/report.js';
import type { EventLog } from '../controller/event-log.js';
import type { Reconciler } from '../controller/reconciler.js';
import { SerialQueue } from '../controller/serial-queue.js';
import type { PlannedStep } from '../dataplane/address-table.js';
import type { DirectorSettings, Model } from '../model/director.js';
import { keepUnchanged } from '../model/keep-unchanged.js';
import type { AcceptedConfigs } from './accepted-configs.js';
import type { ConfigLedger } from './config-ledger.js';
import { loadRunnable, type RunnableConfig } from './load-runnable.js';
import { restartOnlyChanges } from './restart-only.js';
import { unplannedChanges } from './unplanned-changes.js';

export interface ReloaderOptions {
  /** Absolute. */
  readonly file: string;
  readonly load: LoadOptions;
  /** What the director started with. */
  readonly started: DirectorSettings;
  /** What runs when this begins. */
  readonly running: Pick<LoadedConfig, 'model' | 'fingerprints'>;
  readonly events: EventLog;
  readonly reconciler: Pick<Reconciler, 'setModel' | 'objection'>;
  readonly ledger: ConfigLedger;
  readonly accepted: Pick<AcceptedConfigs, 'remember'>;
  /** Called before the table changes, for the settings of the plane. */
  readonly beforeApply: (model: Model) => Promise<void>;
  /** Called when the table has changed, for what else follows the model. */
  readonly afterApply: (model: Model) => void;
  /** Hears of the beginning and the end of each reload, accepted or refused. */
  readonly observer?: { reloading(): void; reloaded(): void } | undefined;
}

export interface ReloadDone {
  readonly ok: true;
  readonly steps: readonly PlannedStep[];
  /** One line each; what failed is tried again. */
  readonly failures: readonly string[];
  /** Of the configuration, not of the snapshot. */
  readonly configRevision: number;
  /** What changed beside the table, one line each: notices, settings of the director. */
  readonly changes: readonly string[];
  /** One text each, perhaps of several lines. */
  readonly warnings: readonly string[];
}

/** Nothing has changed. */
export interface ReloadRefused {
  readonly ok: false;
  readonly code: string;
  /** One line. */
  readonly message: string;
  /** All problems of the file, ready to print; null when the file itself is fine. */
  readonly report: string | null;
}

export type ReloadOutcome = ReloadDone | ReloadRefused;

/** One reload at a time, in the order in which they were asked for. */
export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #queue = new SerialQueue();
  /** Asked for and not begun, by what was asked. */
  readonly #waiting = new Map<string, Promise<ReloadOutcome>>();
  /** What runs. */
  #running: ReloaderOptions['running'];
  #closed = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#running = options.running;
  }

  /**
   * Reloads and waits until the change is applied. Never rejects for what the file says.
   *
   * One that waits has not read the file yet, so whoever asks the same again shares it: a hundred signals are
   * two reloads.
   *
   * @param by who asked, for people: "SIGHUP", "uid 0"
   * @param force overrides the shrink guard
   */
  reload(by: string, force: boolean): Promise<ReloadOutcome> {
    const asked = `${by} ${force}`;
    const waiting = this.#waiting.get(asked);
    if (waiting !== undefined) return waiting;
    const reloading = this.#queue.run(() => {
      this.#waiting.delete(asked);
      return this.#closed ? Promise.resolve(stopping(this.#options.file)) : this.#observed(by, force, null);
    });
    this.#waiting.set(asked, reloading);
    return reloading;
  }

  /**
   * Applies a configuration of the history, as a reload would its file. The file itself stays as it is, so the next
   * reload or start brings that back.
   *
   * @param force overrides the shrink guard
   */
  rollback(
    entry: Pick<HistoryEntry, 'number' | 'files'>,
    by: string,
    force: boolean,
  ): Promise<ReloadOutcome> {
    const source = { number: entry.number, source: memorySource(entry.files) };
    return this.#queue.run(() => this.#observed(by, force, source));
  }

  /** Runs a task while no reload runs. */
  holding(task: () => Promise<void>): Promise<void> {
    return this.#queue.run(task);
  }

  /** Waits for the running reload; those that have not begun change nothing. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue.idle();
  }

  async #observed(by: string, force: boolean, past: PastConfig | null): Promise<ReloadOutcome> {
    if (this.#closed) return stopping(this.#options.file);
    const { observer } = this.#options;
    observer?.reloading();
    try {
      return await this.#reload(by, force, past);
    } finally {
      observer?.reloaded();
    }
  }

  async #reload(by: string, force: boolean, past: PastConfig | null): Promise<ReloadOutcome> {
    const runnable = await this.#load(past);
    if (runnable instanceof DirectorError) {
      const report = runnable instanceof ConfigError ? runnable.report({ color: false }) : null;
      return this.#refuse(by, { ok: false, code: runnable.code, message: runnable.message, report });
    }
    return this.#apply(by, force, runnable, past);
  }

  async #load(past: PastConfig | null): Promise<RunnableConfig | DirectorError> {
    const { file, load, started } = this.#options;
    try {
      const options = past === null ? load : { ...load, source: past.source };
      return await loadRunnable(file, options, started.dataplane);
    } catch (error) {
      if (error instanceof DirectorError) return error;
      throw error;
    }
  }

  async #apply(
    by: string,
    force: boolean,
    { loaded, askedPlane }: RunnableConfig,
    past: PastConfig | null,
  ): Promise<ReloadOutcome> {
    const { events, reconciler, ledger, file, accepted, beforeApply, afterApply } = this.#options;
    const { digest, fingerprints } = loaded;
    const { model: before } = this.#running;
    const running = { services: before.services, fingerprints: this.#running.fingerprints };
    const model = keepUnchanged(running, loaded.model, fingerprints);
    const objection = force ? null : reconciler.objection(model);
    if (objection !== null) return this.#refuse(by, shrinkRefusal(file, objection));
    const origin = past === null ? file : `number ${past.number} of the history`;
    const message = `${origin}, digest ${digest}, asked by ${by}${force ? ' with --force' : ''}`;
    const cause = events.append({ type: 'config-loaded', message });
    await beforeApply(model);
    const result = await reconciler.setModel(model, { cause, force });
    if (!result.accepted) return this.#refuse(by, shrinkRefusal(file, result.refusal));
    const { steps, failures } = result;
    afterApply(model);
    const changes = unplannedChanges(before, model);
    this.#running = { model, fingerprints };
    const what = summary(steps, failures, changes);
    const why = past === null ? 'reload' : `rollback to ${past.number}`;
    const forgotten = await accepted.remember(loaded, { by, why, summary: what });
    ledger.accepted({ digest, source: past === null ? 'file' : 'history' }, what);
    return {
      ok: true,
      configRevision: ledger.revision,
      changes,
      steps,
      failures: failures.map((failure) => failure.message),
      warnings: [
        ...warningTexts(loaded),
        ...restartOnlyChanges(this.#options.started, { ...model.director, dataplane: askedPlane }),
        ...(past === null ? [] : [fileDiffers(file, past.number)]),
        ...forgotten,
      ],
    };
  }

  #refuse(by: string, refused: ReloadRefused): ReloadRefused {
    this.#options.ledger.refused(refused.message);
    this.#options.events.append({
      type: 'config-refused',
      message: `asked by ${by}: ${refused.message}; what runs stays as it is`,
    });
    return refused;
  }
}

/** A configuration of the history. */
interface PastConfig {
  readonly number: number;
  readonly source: ConfigSource;
}

function fileDiffers(file: string, number: number): string {
  return `${file} is as it was: the next reload or start brings it back; lvsd history show ${number} prints what runs now`;
}

function stopping(file: string): ReloadRefused {
  return { ok: false, code: 'ERR_STOPPING', message: `load ${file}: the director is stopping`, report: null };
}

function shrinkRefusal(file: string, objection: string): ReloadRefused {
  return {
    ok: false,
    code: 'ERR_SHRINK_GUARD',
    message: `load ${file}: ${objection.replaceAll('\n', '; ')}`,
    report: null,
  };
}

/** A configuration's warnings as text, one each. */
export function warningTexts({ warnings }: LoadedConfig): string[] {
  return warnings.map((warning) => formatReport([warning], { color: false, severity: 'warning' }));
}

function summary(
  steps: readonly PlannedStep[],
  failures: readonly DirectorError[],
  changes: readonly string[],
): string {
  if (steps.length === 0) return failures[0]?.message ?? (changes.join(', ') || 'nothing to change');
  const count = (word: string): number => steps.filter(({ kind }) => kind.startsWith(word)).length;
  const created = count('create') + count('add');
  const done = `${created} created, ${count('edit')} edited, ${count('delete')} deleted`;
  return failures.length === 0 ? done : `${done}, ${failures.length} of these failed`;
}
