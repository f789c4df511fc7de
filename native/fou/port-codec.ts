/**
 * Ports of the family `fou` as bytes. Pure.
 *
 * Shape: [genlmsghdr 4 B][attributes]; the port is in network byte order.
 *
 * @see net/ipv4/fou.c (fou_nl_policy, parse_nl_config, fou_fill_info)
 */
import { encodeGenericHeader, decodeGenericMessage } from '../genetlink/message.js';
import { familyNumber, familyOfNumber } from '../inet/family.js';
import { AttributeWriter } from '../netlink/attribute.js';
import { CodecError } from '../netlink/errors.js';
import type { NetlinkMessage } from '../netlink/message.js';
import type { Writer } from '../netlink/writer.js';
import * as id from './constants.js';
import type { FouPort, FouPortKey } from './types.js';

/** Appends the payload of `FOU_CMD_GET` for a dump. Never throws. */
export function encodePortQuery(writer: Writer): void {
  encodeGenericHeader(writer, id.FOU_CMD_GET, id.FOU_GENL_VERSION);
}

/** Appends the payload of `FOU_CMD_DEL`. @throws CodecError when the port fits no field */
export function encodePortKey(writer: Writer, key: FouPortKey): void {
  encodeKey(writer, id.FOU_CMD_DEL, key);
}

/** Appends the payload of `FOU_CMD_ADD`. @throws CodecError when a number fits no field */
export function encodePort(writer: Writer, port: FouPort): void {
  const attributes = encodeKey(writer, id.FOU_CMD_ADD, port);
  const type = port.protocol === null ? id.FOU_ENCAP_GUE : id.FOU_ENCAP_DIRECT;
  attributes.u8(id.FOU_ATTR_TYPE, type, 'FOU_ATTR_TYPE');
  if (port.protocol !== null) attributes.u8(id.FOU_ATTR_IPPROTO, port.protocol, 'FOU_ATTR_IPPROTO');
}

function encodeKey(writer: Writer, command: number, { family, port }: FouPortKey): AttributeWriter {
  if (port === 0) {
    throw new CodecError({ what: 'FOU_ATTR_PORT', offset: 0, expected: '1..65535', got: '0' });
  }
  encodeGenericHeader(writer, command, id.FOU_GENL_VERSION);
  const attributes = new AttributeWriter(writer);
  attributes.u16BigEndian(id.FOU_ATTR_PORT, port, 'FOU_ATTR_PORT');
  attributes.u8(id.FOU_ATTR_AF, familyNumber(family), 'FOU_ATTR_AF');
  return attributes;
}

/** Gives the port of one message, or null when its family is not IP. @throws CodecError */
export function decodePort(message: NetlinkMessage): FouPort | null {
  const { attributes } = decodeGenericMessage(message);
  let port: number | null = null;
  let family = null;
  let type: number = id.FOU_ENCAP_DIRECT;
  let protocol = 0;
  while (attributes.next()) {
    switch (attributes.type) {
      case id.FOU_ATTR_PORT:
        port = attributes.u16BigEndian('FOU_ATTR_PORT');
        break;
      case id.FOU_ATTR_AF:
        family = familyOfNumber(attributes.u8('FOU_ATTR_AF'));
        break;
      case id.FOU_ATTR_TYPE:
        type = attributes.u8('FOU_ATTR_TYPE');
        break;
      case id.FOU_ATTR_IPPROTO:
        protocol = attributes.u8('FOU_ATTR_IPPROTO');
        break;
      default:
    }
  }
  if (port === null) {
    throw new CodecError({ what: 'fou port', offset: 0, expected: 'FOU_ATTR_PORT', got: 'none' });
  }
  return family === null ? null : { family, port, protocol: type === id.FOU_ENCAP_GUE ? null : protocol };
}
