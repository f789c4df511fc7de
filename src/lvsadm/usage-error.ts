/** What is wrong with a command line, found before the kernel is asked. */

/**
 * A command line that cannot be run.
 *
 * Exit status 2 for what its words mean, 255 for words that are no options at all. In a file given to `-R` the first kind
 * ends the run and the second only its line, as the stock tool has it.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'ERR_LVSADM_USAGE';
  readonly exitCode: 2 | 255;

  constructor(message: string, exitCode: 2 | 255 = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A command line that does not begin with a command: answered with where help is, exit status 255. Ends a run of `-R`. */
export class NoCommandError extends Error {
  override readonly name = 'NoCommandError';
  readonly code = 'ERR_LVSADM_NO_COMMAND';

  constructor() {
    super('the first option is no command');
  }
}
