import { DirectorError } from '../base/errors.js';

/**
 * A trace that cannot be replayed. `ERR_TRACE_SYNTAX`: not JSON; `ERR_TRACE_FORMAT`: not of the format, `at` says
 * where; `ERR_TRACE_STORY`: well formed, but a step speaks of what cannot be, `at` names the step.
 */
export class TraceError extends DirectorError<{ readonly at: string }> {}

/** An error of the format at a place such as `steps[3].client.port`. */
export function formatFault(at: string, reason: string): TraceError {
  return new TraceError(`read trace ${at}: ${reason}`, { code: 'ERR_TRACE_FORMAT', details: { at } });
}

/** An error of the story at a step. */
export function storyFault(at: string, reason: string): TraceError {
  return new TraceError(`replay trace ${at}: ${reason}`, { code: 'ERR_TRACE_STORY', details: { at } });
}
