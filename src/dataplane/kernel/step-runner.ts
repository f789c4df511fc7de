/** Runs steps on the kernel's table: many to a system call, idempotent, in slices that leave the loop its turns. */
import type { IpvsTable } from '../../../native/ipvs/table.js';
import type { IpvsError } from '../../../native/ipvs/errors.js';
import type { IpvsRequest } from '../../../native/ipvs/types.js';
import type { Step, StepError, StepResult } from '../types.js';
import { FTP_MODULE, needsFtpModule } from './ftp.js';
import type { MatchMarks } from './match-marks.js';
import type { ModuleLoader } from './module-loader.js';
import { failedStep, modulesOf, refusedStep } from './step-error.js';
import { remedyOf, requestOf } from './step-request.js';

/** About a millisecond of work, and one datagram. */
const SLICE_STEPS = 200;

/** A refused add becomes an edit, and a missing module is loaded before that: more than that is somebody's fight. */
const MAX_ATTEMPTS = 3;

const DONE: StepResult = { ok: true };

interface Attempt {
  readonly index: number;
  readonly step: Step;
  readonly request: IpvsRequest;
}

/** What a plane runs its steps with. */
export interface StepRunnerOptions {
  readonly table: IpvsTable;
  readonly marks: MatchMarks;
  readonly modules: ModuleLoader;
}

export class StepRunner {
  readonly #table: IpvsTable;
  readonly #marks: MatchMarks;
  readonly #modules: ModuleLoader;

  constructor({ table, marks, modules }: StepRunnerOptions) {
    this.#table = table;
    this.#marks = marks;
    this.#modules = modules;
  }

  /**
   * Attempts every step in order; the result of step i is element i. Never rejects.
   *
   * @param turn awaited between slices
   */
  async run(steps: readonly Step[], turn: () => Promise<void>): Promise<StepResult[]> {
    const results = new Array<StepResult>(steps.length).fill(DONE);
    for (let start = 0; start < steps.length; start += SLICE_STEPS) {
      if (start > 0) await turn();
      this.#runSlice(steps, start, Math.min(start + SLICE_STEPS, steps.length), results);
    }
    return results;
  }

  #runSlice(steps: readonly Step[], start: number, end: number, results: StepResult[]): void {
    let attempts: Attempt[] = [];
    for (let index = start; index < end; index++) {
      const step = steps[index];
      if (step === undefined) continue;
      try {
        attempts.push({ index, step, request: requestOf(step, this.#marks) });
        // Where it cannot be loaded the service works but for FTP's data: the doctor tells of that.
        if (needsFtpModule(step)) this.#modules.load([FTP_MODULE]);
      } catch (thrown) {
        results[index] = { ok: false, error: failedStep(step, thrown) };
      }
    }
    for (let count = 1; attempts.length > 0; count++) {
      attempts = this.#attempt(attempts, results, count < MAX_ATTEMPTS);
    }
  }

  /** @returns what to try next */
  #attempt(attempts: readonly Attempt[], results: StepResult[], mayTryAgain: boolean): Attempt[] {
    let errors: readonly (IpvsError | null)[];
    try {
      errors = this.#table.batch(attempts.map(({ request }) => request));
    } catch (thrown) {
      for (const { index, step } of attempts) results[index] = { ok: false, error: failedStep(step, thrown) };
      return [];
    }
    const next: Attempt[] = [];
    attempts.forEach((attempt, place) => {
      const error = errors[place] ?? null;
      if (error === null) return;
      const remedy = this.#remedy(attempt, error);
      if (remedy === 'done') return;
      if (remedy !== null && mayTryAgain) next.push({ ...attempt, request: remedy });
      else results[attempt.index] = { ok: false, error: this.#refused(attempt.step, error) };
    });
    return next;
  }

  #remedy({ step, request }: Attempt, error: IpvsError): IpvsRequest | 'done' | null {
    if (error.code !== 'ERR_IPVS_SCHEDULER_UNKNOWN') return remedyOf(request, error);
    return this.#modules.load(modulesOf(step.service)) ? request : null;
  }

  #refused(step: Step, error: IpvsError): StepError {
    return refusedStep(step, error, this.#modules.failures(modulesOf(step.service)));
  }
}
