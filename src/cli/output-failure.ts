/** What to do when standard output or standard error cannot be written. Pure. */

export type OutputFailure =
  /** Nobody reads any more: end quietly. */
  | { readonly kind: 'reader-gone' }
  /** What was asked for is lost: say so and fail. */
  | { readonly kind: 'lost'; readonly message: string };

/** EPIPE: the pipe's reader has ended (`| head`). EIO: the terminal is gone. */
const READER_GONE: readonly (string | undefined)[] = ['EPIPE', 'EIO'];

/** @param name how people call the stream */
export function outputFailure(name: string, error: NodeJS.ErrnoException): OutputFailure {
  return READER_GONE.includes(error.code)
    ? { kind: 'reader-gone' }
    : { kind: 'lost', message: `write ${name}: ${error.message}` };
}
