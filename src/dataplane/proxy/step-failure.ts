/** Turns whatever stopped a step into the step's error. */
import { DirectorError, reasonOf } from '../../base/errors.js';
import { StepError, type Step } from '../types.js';

/** The plane itself refuses a step. */
export class StepRefusal extends DirectorError {}

/** A refusal of the plane; `retryable` when a later plan may succeed. */
export function refusal(code: string, reason: string, retryable = false): StepRefusal {
  return new StepRefusal(reason, { code, details: {}, retryable });
}

/** What the step's verb is done to. */
function subjectOf(step: Step): string {
  return 'server' in step ? `${step.server.key} of ${step.service.key}` : step.service.key;
}

/** The step's error: `create service tcp:127.0.0.1:80: listen on ...: EADDRINUSE, ...`; keeps code and cause. */
export function stepError(step: Step, thrown: unknown): StepError {
  const operation = step.kind.replace('-', ' ');
  return new StepError(`${operation} ${subjectOf(step)}: ${reasonOf(thrown)}`, {
    code: stableCode(thrown),
    details: {
      step: step.kind,
      service: step.service.key,
      server: 'server' in step ? step.server.key : null,
    },
    retryable: thrown instanceof DirectorError && thrown.retryable,
    cause: thrown,
  });
}

/** Errors of the schedulers carry a code too, but are no DirectorErrors. */
function stableCode(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' && code.startsWith('ERR_') ? code : 'ERR_STEP';
}
