/** Errors of bytes (`CodecError`) and of the kernel's answers (`NetlinkError`). */
import { errnoName } from '../libc/errno.js';

export interface CodecErrorDetails {
  /** What was read or written: `attribute header`, `IPVS_SVC_ATTR_AF`. */
  readonly what: string;
  /** Offset into the datagram or attribute at hand. */
  readonly offset: number;
  readonly expected: string;
  readonly got: string;
}

/** Bytes that are not what they should be, or a value that does not fit where it should be written. The only error a codec throws. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
  readonly code = 'ERR_CODEC';
  readonly details: CodecErrorDetails;

  constructor(details: CodecErrorDetails) {
    super(`${details.what} at offset ${details.offset}: expected ${details.expected}, got ${details.got}`);
    this.details = details;
  }
}

export type NetlinkErrorCode =
  /** The kernel answered with an errno. */
  | 'ERR_NETLINK_REPLY'
  /** The receive buffer overran; answers are lost. */
  | 'ERR_NETLINK_OVERRUN'
  /** A dump was interrupted by changes each time it was tried. */
  | 'ERR_NETLINK_INTERRUPTED'
  /** No answer within the time limit. */
  | 'ERR_NETLINK_TIMEOUT'
  /** An answer that fits no question: a dump where one message was due, no message at all. */
  | 'ERR_NETLINK_PROTOCOL';

export interface NetlinkErrorDetails {
  /** What was asked, in words: `resolve family IPVS`. */
  readonly operation: string;
  /** C name of the kernel's errno, or null where the kernel said nothing. */
  readonly errno: string | null;
  readonly errnoNumber: number;
  /** Extended ACK text and offset of the objectionable attribute from the request's header, or null. */
  readonly extackText: string | null;
  readonly extackOffset: number | null;
  readonly sequence: number;
}

/** The kernel refused or did not answer. Message: `<operation>: <errno>[, <kernel's text>]`. */
export class NetlinkError<Code extends string = NetlinkErrorCode> extends Error {
  override readonly name: string = 'NetlinkError';
  readonly code: Code;
  /** The message without the operation. */
  readonly reason: string;
  readonly details: NetlinkErrorDetails;

  constructor(code: Code, reason: string, details: NetlinkErrorDetails, options?: ErrorOptions) {
    super(`${details.operation}: ${reason}`, options);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

/** Details of an error to which the kernel gave no errno. */
export function withoutErrno(operation: string, sequence = 0): NetlinkErrorDetails {
  return { operation, errno: null, errnoNumber: 0, extackText: null, extackOffset: null, sequence };
}

/** The kernel's refusal of one request. `errno` is positive. */
export function replyError(
  operation: string,
  errno: number,
  sequence: number,
  extack: { readonly text: string | null; readonly offset: number | null },
): NetlinkError {
  const errnoText = errnoName(errno);
  const reason = extack.text === null ? errnoText : `${errnoText}, ${extack.text}`;
  return new NetlinkError('ERR_NETLINK_REPLY', reason, {
    operation,
    errno: errnoText,
    errnoNumber: errno,
    extackText: extack.text,
    extackOffset: extack.offset,
    sequence,
  });
}

/** What went wrong without an errno of the kernel's. */
export function netlinkError(
  code: Exclude<NetlinkErrorCode, 'ERR_NETLINK_REPLY'>,
  operation: string,
  reason: string,
  sequence: number,
  cause?: unknown,
): NetlinkError {
  const options = cause === undefined ? {} : { cause };
  return new NetlinkError(code, reason, withoutErrno(operation, sequence), options);
}
