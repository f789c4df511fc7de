/** The refusals of the admin API, and how anything thrown becomes one. */
import { DirectorError } from '../base/errors.js';
import type { ErrorAnswer } from './protocol.js';

/** Every refusal that the API raises itself: its HTTP status (null = it never travels) and what it means. */
export const API_ERRORS = {
  ERR_API_BAD_REQUEST: { status: 400, meaning: 'the request is malformed or has an unknown field' },
  ERR_API_HOST: { status: 403, meaning: 'the Host header names another host (DNS rebinding)' },
  ERR_API_NOT_FOUND: { status: 404, meaning: 'no such path on this listener' },
  ERR_API_METHOD: { status: 405, meaning: 'the path, or this listener, does not take this method' },
  ERR_API_REQUEST_TIMEOUT: { status: 408, meaning: 'the request took too long to arrive' },
  ERR_API_BODY_TOO_LARGE: { status: 413, meaning: 'the body is larger than any request needs' },
  ERR_API_URL_TOO_LONG: { status: 414, meaning: 'the path with its query is too long' },
  ERR_API_MEDIA_TYPE: { status: 415, meaning: 'the body is not application/json' },
  ERR_API_PIPELINED: {
    status: 429,
    meaning: 'the connection has an earlier request that is not answered yet',
  },
  ERR_API_HEADERS_TOO_LARGE: { status: 431, meaning: 'the headers are too large' },
  ERR_API_INTERNAL: { status: 500, meaning: 'a fault of lvsd; its log has the details' },
  ERR_API_CLOSING: { status: 503, meaning: 'lvsd is stopping' },
  ERR_API_SLOW_CONSUMER: { status: 503, meaning: 'a follower fell behind and was dropped' },
  ERR_API_SOCKET_PATH: { status: null, meaning: 'the socket cannot be made at this path' },
  ERR_API_SOCKET_IN_USE: { status: null, meaning: 'another lvsd answers on the socket' },
  ERR_API_LISTEN: { status: null, meaning: 'the TCP address cannot be listened on' },
  ERR_API_NO_DAEMON: { status: null, meaning: 'no lvsd answers on the socket' },
  ERR_API_SOCKET_OWNER: { status: null, meaning: 'the socket belongs to a stranger' },
  ERR_API_SOCKET_ACCESS: { status: null, meaning: 'the caller may not use the socket' },
  ERR_API_TIMEOUT: { status: null, meaning: 'lvsd did not answer in time' },
  ERR_API_INTERRUPTED: { status: null, meaning: 'the connection to lvsd broke before the answer was whole' },
  ERR_API_ANSWER: { status: null, meaning: 'what answered does not speak this API' },
} as const satisfies Record<string, { readonly status: number | null; readonly meaning: string }>;

export type ApiErrorCode = keyof typeof API_ERRORS;

export interface ApiErrorDetails {
  /** HTTP status; null for an error that never was an answer. */
  readonly status: number | null;
  /** Whole report, ready to print, where there is one. */
  readonly report?: string;
  /** Response headers that belong to the refusal. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A refusal by the API, on either side of the socket.
 *
 * Operations throw it for what the asker did wrong, with their own code and a 4xx status, for example
 * `new ApiError(message, { code: 'ERR_CONFIG', details: { status: 422, report } })`; the client throws it again
 * with the same code, message and report.
 */
export class ApiError extends DirectorError<ApiErrorDetails> {}

/** One of the API's own refusals. */
export function apiError(code: ApiErrorCode, message: string, cause?: unknown): ApiError {
  return new ApiError(message, { code, details: { status: API_ERRORS[code].status }, cause });
}

/**
 * Turns anything thrown into a refusal that may be shown: an ApiError stays, a DirectorError keeps code and
 * message (500, or 503 when trying again may help), all else becomes ERR_API_INTERNAL without its text.
 */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof DirectorError) {
    const { message, code, retryable } = thrown;
    return new ApiError(message, {
      code,
      details: { status: retryable ? 503 : 500 },
      retryable,
      cause: thrown,
    });
  }
  return apiError('ERR_API_INTERNAL', "answer request: internal error, lvsd's log has the details", thrown);
}

/** The body of a refusal. */
export function errorAnswer(error: ApiError): ErrorAnswer {
  const { code, message, details } = error;
  return { error: { code, message, ...(details.report === undefined ? {} : { report: details.report }) } };
}
