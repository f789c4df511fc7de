/** One HTTP exchange on the control socket, with every way it can fail told apart. */
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Stats } from 'node:fs';
import type { Clock } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import { ApiError, apiError } from './errors.js';
import type { ErrorAnswer } from './protocol.js';

/** Which socket, and who asks. */
export interface SocketTarget {
  readonly path: string;
  /** The caller's user id: it trusts its own sockets and root's. */
  readonly uid: number;
  readonly clock: Clock;
  /** What names another socket: an option or a variable. */
  readonly socketName: string;
}

export interface ApiCall {
  readonly method: 'GET' | 'POST';
  /** Path with its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Time for the head of the answer to come, and again for its body where `readJson` reads it. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What Node gives as "aborted", "socket hang up" or "write EPIPE", which tells nobody what happened. */
const ENDED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);
const ENDED_REASON =
  'the connection to the director ended before the answer was whole; look with `lvsd status` whether it runs, and ask again';

/** Statuses under 400 are answers; so is one in `accept`, all others are thrown as ApiError. */
export async function openAnswer(
  target: SocketTarget,
  call: ApiCall,
  accept: readonly number[] = [],
): Promise<IncomingMessage> {
  await checkSocket(target);
  const response = await receiveHead(target, call);
  const status = response.statusCode ?? 0;
  if (status < 400 || accept.includes(status)) return response;
  throw refusalFrom(await readJson(target, call, response), status, target);
}

/** Reads a whole JSON answer. @throws ApiError ERR_API_ANSWER when it is something else */
export async function readJson(
  target: SocketTarget,
  call: ApiCall,
  response: IncomingMessage,
): Promise<unknown> {
  const timer = target.clock.after(call.timeoutMs, () => response.destroy(timeoutError(target, call)));
  let text = '';
  try {
    for await (const chunk of readText(target, call, response)) text += chunk;
  } finally {
    timer.cancel();
  }
  return parseAnswer(text, target);
}

/** The body as text while it arrives; ending the iteration early ends the connection. */
export async function* readText(
  target: SocketTarget,
  call: ApiCall,
  response: IncomingMessage,
): AsyncGenerator<string> {
  response.setEncoding('utf8');
  try {
    for await (const chunk of response) yield chunk as string;
  } catch (cause) {
    throw translated(cause, target, call);
  }
}

/** One JSON document of an answer. @throws ApiError ERR_API_ANSWER when it is none */
export function parseAnswer(text: string, target: SocketTarget): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw apiError('ERR_API_ANSWER', `read answer of ${target.path}: ${reasonOf(cause)}`, cause);
  }
}

/** The refusal in an `ErrorAnswer`, as the server meant it. */
export function refusalFrom(answer: unknown, status: number | null, target: SocketTarget): ApiError {
  if (!isErrorAnswer(answer))
    return apiError(
      'ERR_API_ANSWER',
      `read answer of ${target.path}: status ${status ?? 'unknown'} without a reason`,
    );
  const { code, message, report } = answer.error;
  return new ApiError(message, { code, details: { status, ...(report === undefined ? {} : { report }) } });
}

/** True for the body of a refusal. */
export function isErrorAnswer(answer: unknown): answer is ErrorAnswer {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return false;
  const { error } = answer;
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error))
    return false;
  return typeof error.code === 'string' && typeof error.message === 'string';
}

async function receiveHead(target: SocketTarget, call: ApiCall): Promise<IncomingMessage> {
  const request = startRequest(target, call);
  const timer = target.clock.after(call.timeoutMs, () => request.destroy(timeoutError(target, call)));
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  } catch (cause) {
    throw translated(cause, target, call);
  } finally {
    timer.cancel();
  }
}

function startRequest(target: SocketTarget, call: ApiCall): ClientRequest {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const request = httpRequest({
    socketPath: target.path,
    method: call.method,
    path: call.path,
    agent: false,
    headers: {
      host: 'localhost',
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    },
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
  // What goes wrong once the answer has begun reaches its reader through the response.
  request.on('error', () => undefined);
  request.end(body);
  return request;
}

/** A stranger's socket could pose as lvsd and be told what to do, or tell lies. */
async function checkSocket(target: SocketTarget): Promise<void> {
  const found = await statOf(target);
  if (!found.isSocket()) throw noDaemon(target, 'it is not a socket');
  if (found.uid !== target.uid && found.uid !== 0)
    throw apiError(
      'ERR_API_SOCKET_OWNER',
      `connect to ${target.path}: it belongs to uid ${found.uid}, neither to root nor to you`,
    );
}

async function statOf(target: SocketTarget): Promise<Stats> {
  try {
    return await stat(target.path);
  } catch (cause) {
    throw connectError(cause, target) ?? noDaemon(target, reasonOf(cause), cause);
  }
}

function translated(cause: unknown, target: SocketTarget, call: ApiCall): unknown {
  if (call.signal?.aborted === true) return call.signal.reason;
  if (cause instanceof ApiError) return cause;
  const known = connectError(cause, target);
  if (known !== null) return known;
  if (errnoOf(cause).startsWith('HPE_'))
    return apiError('ERR_API_ANSWER', `read answer of ${target.path}: it is not HTTP`, cause);
  const reason = ENDED.has(errnoOf(cause)) ? ENDED_REASON : reasonOf(cause);
  return apiError('ERR_API_INTERRUPTED', `ask lvsd on ${target.path}: ${reason}`, cause);
}

function connectError(cause: unknown, target: SocketTarget): ApiError | null {
  switch (errnoOf(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return noDaemon(target, 'there is no such socket', cause);
    case 'ECONNREFUSED':
      return noDaemon(target, 'connection refused', cause);
    case 'EACCES':
    case 'EPERM':
      return apiError(
        'ERR_API_SOCKET_ACCESS',
        `connect to ${target.path}: permission denied; ask as its owner, as root or as a member of its group`,
        cause,
      );
    default:
      return null;
  }
}

function noDaemon(target: SocketTarget, reason: string, cause?: unknown): ApiError {
  return apiError(
    'ERR_API_NO_DAEMON',
    `no lvsd answers on ${target.path}: ${reason}; start it with \`lvsd run\`, or name another socket with ${target.socketName}`,
    cause,
  );
}

function timeoutError(target: SocketTarget, call: ApiCall): ApiError {
  return apiError(
    'ERR_API_TIMEOUT',
    `ask lvsd on ${target.path}: ${call.method} ${call.path} was not answered within ${call.timeoutMs} ms`,
  );
}

function errnoOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
