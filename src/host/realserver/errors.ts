/** How setting up a real server fails. */
import { DirectorError } from '../../base/errors.js';

export type RealServerErrorCode =
  /** What was asked contradicts itself, or names what is not there. */
  | 'ERR_REALSERVER_REQUEST'
  /** The host is in a state that setup does not change by itself; nothing was done. */
  | 'ERR_REALSERVER_BLOCKED'
  /** One step failed; those before it are done and recorded. */
  | 'ERR_REALSERVER_STEP'
  /** The record of what was done cannot be read or written. */
  | 'ERR_REALSERVER_RECORD';

export interface RealServerErrorDetails {
  /** Steps that were done before, in words. */
  readonly done?: readonly string[];
}

export class RealServerError extends DirectorError<RealServerErrorDetails> {
  declare readonly code: RealServerErrorCode;

  constructor(
    code: RealServerErrorCode,
    message: string,
    { cause, ...details }: RealServerErrorDetails & { readonly cause?: unknown } = {},
  ) {
    super(message, { code, details, ...(cause === undefined ? {} : { cause }) });
  }
}
