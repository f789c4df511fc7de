/** Answers refusals: to requests that were understood, and to bytes that were not HTTP. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import type { Logger } from '../base/logger.js';
import { apiError, errorAnswer, toApiError, type ApiError, type ApiErrorCode } from './errors.js';

/** Refuses a request; faults of ours are logged with their cause, the asker's and our own end are not. */
export function refuse(reply: FastifyReply, thrown: unknown, logger: Logger): FastifyReply {
  const error = fromFramework(thrown) ?? toApiError(thrown);
  const status = error.details.status ?? 500;
  if (status >= 500 && error.code !== 'ERR_API_CLOSING')
    logger.error({ err: error.cause ?? error, code: error.code }, error.message);
  return reply
    .code(status)
    .headers({ ...error.details.headers })
    .type('application/json; charset=utf-8')
    .send(errorAnswer(error));
}

const FRAMEWORK_CODES: Readonly<Record<string, ApiErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'ERR_API_BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'ERR_API_MEDIA_TYPE',
};

/** The framework's objections to a request; null for anything else. */
function fromFramework(thrown: unknown): ApiError | null {
  if (!(thrown instanceof Error) || !('statusCode' in thrown) || typeof thrown.statusCode !== 'number')
    return null;
  if (thrown.statusCode < 400 || thrown.statusCode > 499) return null;
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  return apiError(FRAMEWORK_CODES[code] ?? 'ERR_API_BAD_REQUEST', `read request: ${thrown.message}`, thrown);
}

/** Answers what the HTTP parser refused, where the client can still hear it, and closes the connection. */
export function refuseMalformed(cause: NodeJS.ErrnoException, socket: Socket): void {
  if (cause.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const error = malformedError(cause.code);
  const status = error.details.status ?? 400;
  const body = JSON.stringify(errorAnswer(error));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    // Ended alone, the connection would stay for as long as the other side likes.
    () => socket.destroy(),
  );
}

function malformedError(code: string | undefined): ApiError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return apiError('ERR_API_REQUEST_TIMEOUT', 'read request: it took too long to arrive');
    case 'HPE_HEADER_OVERFLOW':
      return apiError('ERR_API_HEADERS_TOO_LARGE', 'read request: its headers are too large');
    default:
      return apiError('ERR_API_BAD_REQUEST', 'read request: this is not HTTP/1.1');
  }
}
