/**
 * Netlink messages: header, split of a datagram, and the kernel's ACK and error replies with extended-ACK attributes.
 *
 * @see include/uapi/linux/netlink.h (nlmsghdr, nlmsgerr); RFC 3549 section 2.3.2
 */
import { AttributeReader } from './attribute.js';
import {
  align,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLMSG_HDRLEN,
  NLMSGERR_ATTR_MSG,
  NLMSGERR_ATTR_OFFS,
} from './constants.js';
import { CodecError } from './errors.js';
import { Reader } from './reader.js';
import type { Writer } from './writer.js';

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly portId: number;
  /** What follows the header, without padding: a view of the datagram. */
  readonly payload: Uint8Array;
}

/**
 * Splits one datagram into its messages.
 *
 * Shape: [header 16 B | payload | pad to 4] repeated; header in host byte order. Payloads are views of `datagram`.
 *
 * @throws CodecError when a length is under 16 or passes the end
 */
export function splitDatagram(datagram: Uint8Array): NetlinkMessage[] {
  const reader = new Reader(datagram);
  const messages: NetlinkMessage[] = [];
  for (let offset = 0; offset < datagram.length;) {
    reader.need(offset, NLMSG_HDRLEN, 'message header');
    const length = reader.u32(offset, 'message length');
    if (length < NLMSG_HDRLEN || offset + length > datagram.length) {
      throw new CodecError({
        what: 'message length',
        offset,
        expected: `${NLMSG_HDRLEN}..${datagram.length - offset}`,
        got: `${length}`,
      });
    }
    messages.push({
      type: reader.u16(offset + 4, 'message type'),
      flags: reader.u16(offset + 6, 'message flags'),
      sequence: reader.u32(offset + 8, 'message sequence'),
      portId: reader.u32(offset + 12, 'message port id'),
      payload: datagram.subarray(offset + NLMSG_HDRLEN, offset + length),
    });
    offset = Math.min(offset + align(length), datagram.length);
  }
  return messages;
}

/** Begins a message; `endMessage` takes what this returns. @throws CodecError when a number does not fit */
export function beginMessage(writer: Writer, type: number, flags: number, sequence: number): number {
  const start = writer.length;
  writer.u32(0, 'message length');
  writer.u16(type, 'message type');
  writer.u16(flags, 'message flags');
  writer.u32(sequence, 'message sequence');
  writer.u32(0, 'message port id');
  return start;
}

/** Writes the length of what was written since `beginMessage`, and the padding. */
export function endMessage(writer: Writer, start: number): void {
  writer.patchU32(start, writer.length - start, 'message length');
  writer.pad();
}

export interface ExtendedAck {
  /** The kernel's words, or null. */
  readonly text: string | null;
  /** Offset of the objectionable attribute from the request's header, or null. */
  readonly offset: number | null;
}

export interface ErrorReply {
  /** Positive; 0 acknowledges. */
  readonly errno: number;
  readonly extack: ExtendedAck;
}

const noExtack: ExtendedAck = { text: null, offset: null };

/**
 * Decodes `NLMSG_ERROR`: an errno, the request's header, the rest of the request unless capped, extended-ACK attributes.
 *
 * @throws CodecError
 */
export function decodeErrorReply(message: NetlinkMessage): ErrorReply {
  const reader = new Reader(message.payload);
  const errno = -reader.i32(0, 'error number');
  reader.need(4, NLMSG_HDRLEN, 'header of the request in an error reply');
  if ((message.flags & NLM_F_ACK_TLVS) === 0) return { errno: positive(errno), extack: noExtack };
  const repeated = (message.flags & NLM_F_CAPPED) !== 0 ? NLMSG_HDRLEN : requestLength(reader);
  return { errno: positive(errno), extack: decodeExtack(reader, align(4 + repeated)) };
}

/** Bytes of the request that an error reply repeats whole. */
function requestLength(reader: Reader): number {
  const what = 'request in an error reply';
  const length = reader.u32(4, what);
  if (length < NLMSG_HDRLEN) {
    throw new CodecError({ what, offset: 4, expected: `at least ${NLMSG_HDRLEN} bytes`, got: `${length}` });
  }
  reader.need(4, length, what);
  return length;
}

/**
 * Decodes `NLMSG_DONE`: an errno (0 for a dump that is complete), and extended-ACK attributes behind it.
 * Kernels that send no payload mean 0.
 *
 * @throws CodecError
 */
export function decodeDone(message: NetlinkMessage): ErrorReply {
  if (message.payload.length === 0) return { errno: 0, extack: noExtack };
  const reader = new Reader(message.payload);
  const errno = positive(-reader.i32(0, 'error number of a dump'));
  const extack = (message.flags & NLM_F_ACK_TLVS) === 0 ? noExtack : decodeExtack(reader, 4);
  return { errno, extack };
}

/** An errno above 0 in a reply is no errno: the kernel's are negative on the wire. */
function positive(errno: number): number {
  if (errno < 0) {
    throw new CodecError({ what: 'error number', offset: 0, expected: 'at most 0', got: `${-errno}` });
  }
  return errno === 0 ? 0 : errno;
}

function decodeExtack(reader: Reader, start: number): ExtendedAck {
  const attributes = new AttributeReader(reader, start, reader.length);
  let text: string | null = null;
  let offset: number | null = null;
  while (attributes.next()) {
    if (attributes.type === NLMSGERR_ATTR_MSG) text = attributes.string('NLMSGERR_ATTR_MSG');
    else if (attributes.type === NLMSGERR_ATTR_OFFS) offset = attributes.u32('NLMSGERR_ATTR_OFFS');
  }
  return { text, offset };
}
