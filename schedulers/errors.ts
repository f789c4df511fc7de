/** The one error that this folder raises; it may not import the director's own family. */

/** Stable codes: an unknown name, a foreign flag, an option out of range, text that is no address, misuse of the list. */
export type SchedulerErrorCode =
  | 'ERR_SCHEDULER_NAME'
  | 'ERR_SCHEDULER_FLAG'
  | 'ERR_SCHEDULER_OPTION'
  | 'ERR_SCHEDULER_ADDRESS'
  | 'ERR_SCHEDULER_LIST';

/** A value that no scheduler can work with. Message form: `<operation> <subject>: <reason>`. */
export class SchedulerError extends RangeError {
  /** Scripts may match it. */
  readonly code: SchedulerErrorCode;
  /** The offending values, safe to show. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: SchedulerErrorCode, message: string, details: Readonly<Record<string, unknown>>) {
    super(message);
    this.name = 'SchedulerError';
    this.code = code;
    this.details = details;
  }
}
