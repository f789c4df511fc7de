/** Requests of NETLINK_ROUTE over a connection, and their refusals as `RtnetlinkError`. */
import { NetlinkConnection } from '../netlink/connection.js';
import { NETLINK_ROUTE } from '../netlink/constants.js';
import { CodecError, NetlinkError } from '../netlink/errors.js';
import type { NetlinkMessage } from '../netlink/message.js';
import type { NetlinkRequest } from '../netlink/request.js';
import { SocketTransport } from '../netlink/socket-transport.js';
import { RtnetlinkError, rtnetlinkErrorCode, type RtnetlinkOperation } from './errors.js';

/**
 * Opens a connection to the addresses, links and routes of this thread's network namespace, which it keeps for ever.
 * Listing needs no privilege.
 *
 * @throws SyscallError
 */
export function openRtnetlink(): NetlinkConnection {
  return new NetlinkConnection(SocketTransport.open(NETLINK_ROUTE));
}

export interface RtnetlinkRequest extends Omit<NetlinkRequest, 'operation'> {
  readonly operation: RtnetlinkOperation;
  /** `192.0.2.1/32 on interface 2`; empty for a list. */
  readonly subject: string;
}

/** Runs a change. @throws RtnetlinkError; SyscallError when the socket fails */
export function change(connection: NetlinkConnection, request: RtnetlinkRequest): void {
  ask(connection, request, () => null);
}

/** Asks a question and gives the answers. @throws RtnetlinkError; CodecError for a malformed answer; SyscallError */
export function ask<T>(
  connection: NetlinkConnection,
  request: RtnetlinkRequest,
  decode: (message: NetlinkMessage) => T,
): T[] {
  return translated(request, () => connection.request(netlinkRequest(request), decode));
}

/**
 * Lists. What `decode` gives null for is left out.
 *
 * @throws RtnetlinkError; CodecError for a malformed answer; SyscallError
 */
export function list<T>(
  connection: NetlinkConnection,
  request: RtnetlinkRequest,
  decode: (message: NetlinkMessage) => T | null,
): T[] {
  const entries = translated(request, () => connection.dump(netlinkRequest(request), decode));
  return entries.filter((entry) => entry !== null);
}

function describe({ operation, subject }: RtnetlinkRequest): string {
  return `${operation.replace('-', ' ')} ${subject}`.trimEnd();
}

function netlinkRequest(request: RtnetlinkRequest): NetlinkRequest {
  return {
    ...request,
    operation: describe(request),
    encode: (writer) => {
      try {
        request.encode(writer);
      } catch (error) {
        throw error instanceof CodecError ? invalid(request, error) : error;
      }
    },
  };
}

function translated<T>(request: RtnetlinkRequest, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof NetlinkError) || error instanceof RtnetlinkError) throw error;
    const { errno, operation } = error.details;
    const code =
      errno === null ? 'ERR_RTNETLINK_UNKNOWN_OUTCOME' : rtnetlinkErrorCode(request.operation, errno);
    const reason = error.message.slice(`${operation}: `.length);
    throw new RtnetlinkError(code, request.operation, reason, error.details, { cause: error });
  }
}

/** A value that fits no message: found before anything is sent. */
function invalid(request: RtnetlinkRequest, cause: CodecError): RtnetlinkError {
  const nothing = { errno: null, errnoNumber: 0, extackText: null, extackOffset: null, sequence: 0 };
  const details = { operation: describe(request), ...nothing };
  return new RtnetlinkError('ERR_RTNETLINK_INVALID', request.operation, cause.message, details, { cause });
}
