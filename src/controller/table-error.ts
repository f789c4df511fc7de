/** That the table, or what belongs to it on this host, could not be read. */
import { DirectorError } from '../base/errors.js';

/** Nothing was planned; the plane's error is the cause. Retryable. */
export class TableError extends DirectorError {
  constructor(message: string, cause: unknown) {
    super(message, { code: 'ERR_TABLE_UNREADABLE', details: {}, retryable: true, cause });
  }
}
