/** The end of this process without a last round of its threads. */
import { exitNow } from './binding.js';

/**
 * Ends this process at once. `process.exit` waits for all threads first, for ever where a file system holds one of them.
 *
 * What was written to a pipe and has not gone out yet is lost.
 *
 * @param code 0..255
 */
export function exitWithoutThreads(code: number): never {
  return exitNow(code);
}
