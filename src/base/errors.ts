/** The one error family of src/. native/ has its own with the same fields, since it may not import from here. */

/** Fields that every lvsd error carries. */
export interface DirectorErrorOptions<Details extends object> {
  /** Stable and documented, `ERR_...`. Scripts may match it. */
  readonly code: string;
  /** Facts about this occurrence, safe to show (no secrets). */
  readonly details: Details;
  /** True when the same operation may succeed later without anybody changing anything. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** Base of all errors that lvsd raises itself. Message form: `<operation> <subject>: <reason>`. */
export class DirectorError<Details extends object = object> extends Error {
  readonly code: string;
  readonly details: Details;
  readonly retryable: boolean;

  constructor(message: string, options: DirectorErrorOptions<Details>) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.details = options.details;
    this.retryable = options.retryable ?? false;
  }
}

/** The text of anything thrown, for messages: an Error's message, else its string form. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
