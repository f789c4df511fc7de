/**
 * The generic-netlink header behind the netlink header: u8 command, u8 version, u16 reserved.
 *
 * @see include/uapi/linux/genetlink.h (genlmsghdr)
 */
import type { NetlinkMessage } from '../netlink/message.js';
import { AttributeReader } from '../netlink/attribute.js';
import { Reader } from '../netlink/reader.js';
import type { Writer } from '../netlink/writer.js';

export const GENL_HDRLEN = 4;

/** Appends the header. @throws CodecError when a number does not fit */
export function encodeGenericHeader(writer: Writer, command: number, version: number): void {
  writer.u8(command, 'generic netlink command');
  writer.u8(version, 'generic netlink version');
  writer.u16(0, 'generic netlink reserved field');
}

export interface GenericMessage {
  readonly command: number;
  readonly version: number;
  /** Behind the header, at the first attribute. */
  readonly attributes: AttributeReader;
}

/** Splits header and attributes. @throws CodecError when the header is not whole */
export function decodeGenericMessage(message: NetlinkMessage): GenericMessage {
  const reader = new Reader(message.payload);
  reader.need(0, GENL_HDRLEN, 'generic netlink header');
  return {
    command: reader.u8(0, 'generic netlink command'),
    version: reader.u8(1, 'generic netlink version'),
    attributes: new AttributeReader(reader, GENL_HDRLEN, reader.length),
  };
}
