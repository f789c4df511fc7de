/**
 * Families of generic netlink by name: their ids are given out when a module loads, so they are asked for.
 *
 * @see net/netlink/genetlink.c (ctrl_getfamily, ctrl_fill_info)
 */
import { AttributeWriter } from '../netlink/attribute.js';
import type { AttributeReader } from '../netlink/attribute.js';
import type { NetlinkConnection } from '../netlink/connection.js';
import { CodecError, NetlinkError } from '../netlink/errors.js';
import type { NetlinkMessage } from '../netlink/message.js';
import type { Writer } from '../netlink/writer.js';
import { decodeGenericMessage, encodeGenericHeader } from './message.js';

export const GENL_ID_CTRL = 0x10;
export const CTRL_CMD_NEWFAMILY = 1;
export const CTRL_CMD_GETFAMILY = 3;
export const CTRL_ATTR_FAMILY_ID = 1;
export const CTRL_ATTR_FAMILY_NAME = 2;
export const CTRL_ATTR_VERSION = 3;
export const CTRL_ATTR_MAXATTR = 5;
export const CTRL_ATTR_OPS = 6;
export const CTRL_ATTR_MCAST_GROUPS = 7;
export const CTRL_ATTR_OP_ID = 1;
export const CTRL_ATTR_OP_FLAGS = 2;
export const CTRL_ATTR_MCAST_GRP_NAME = 1;
export const CTRL_ATTR_MCAST_GRP_ID = 2;

export interface GenericOperation {
  readonly command: number;
  /** `GENL_*` of include/uapi/linux/genetlink.h. */
  readonly flags: number;
}

export interface GenericFamily {
  readonly id: number;
  readonly name: string;
  readonly version: number;
  /** Highest attribute id that the kernel knows at the top level; 0 when it does not say. */
  readonly maxAttribute: number;
  readonly operations: readonly GenericOperation[];
  readonly groups: readonly { readonly name: string; readonly id: number }[];
}

/**
 * Asks for a family; the kernel tries to load its module first.
 *
 * @returns null when the kernel has no such family
 * @throws NetlinkError, CodecError, SyscallError
 */
export function resolveFamily(connection: NetlinkConnection, name: string): GenericFamily | null {
  const operation = `resolve generic netlink family ${name}`;
  try {
    const families = connection.request(
      {
        operation,
        type: GENL_ID_CTRL,
        encode: (writer) => {
          encodeGenericHeader(writer, CTRL_CMD_GETFAMILY, 1);
          new AttributeWriter(writer).string(CTRL_ATTR_FAMILY_NAME, name, 'CTRL_ATTR_FAMILY_NAME');
        },
      },
      decodeFamily,
    );
    return families[0] ?? null;
  } catch (error) {
    if (error instanceof NetlinkError && error.details.errno === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Gives the names of the families that the kernel has at this moment; none is loaded for it.
 *
 * @throws NetlinkError, CodecError, SyscallError
 */
export function listFamilies(connection: NetlinkConnection): string[] {
  const request = {
    operation: 'list generic netlink families',
    type: GENL_ID_CTRL,
    encode: (writer: Writer) => encodeGenericHeader(writer, CTRL_CMD_GETFAMILY, 1),
  };
  return connection.dump(request, (message) => decodeFamily(message).name);
}

/** Decodes one `CTRL_CMD_NEWFAMILY` message. @throws CodecError */
export function decodeFamily(message: NetlinkMessage): GenericFamily {
  const { attributes } = decodeGenericMessage(message);
  let id: number | null = null;
  let name: string | null = null;
  let version = 0;
  let maxAttribute = 0;
  let operations: readonly GenericOperation[] = [];
  let groups: GenericFamily['groups'] = [];
  while (attributes.next()) {
    switch (attributes.type) {
      case CTRL_ATTR_FAMILY_ID:
        id = attributes.u16('CTRL_ATTR_FAMILY_ID');
        break;
      case CTRL_ATTR_FAMILY_NAME:
        name = attributes.string('CTRL_ATTR_FAMILY_NAME');
        break;
      case CTRL_ATTR_VERSION:
        version = attributes.u32('CTRL_ATTR_VERSION');
        break;
      case CTRL_ATTR_MAXATTR:
        maxAttribute = attributes.u32('CTRL_ATTR_MAXATTR');
        break;
      case CTRL_ATTR_OPS:
        operations = decodeList(attributes, decodeOperation);
        break;
      case CTRL_ATTR_MCAST_GROUPS:
        groups = decodeList(attributes, decodeGroup);
        break;
      default:
    }
  }
  if (id === null || name === null) {
    const got = id === null ? 'no CTRL_ATTR_FAMILY_ID' : 'no CTRL_ATTR_FAMILY_NAME';
    throw new CodecError({ what: 'family', offset: 0, expected: 'id and name', got });
  }
  return { id, name, version, maxAttribute, operations, groups };
}

/** A list is attributes numbered from 1, each of them attributes again. */
function decodeList<T>(list: AttributeReader, decodeEntry: (attributes: AttributeReader) => T): T[] {
  const entries: T[] = [];
  const entry = list.nested();
  while (entry.next()) entries.push(decodeEntry(entry.nested()));
  return entries;
}

function decodeOperation(attributes: AttributeReader): GenericOperation {
  let command = 0;
  let flags = 0;
  while (attributes.next()) {
    if (attributes.type === CTRL_ATTR_OP_ID) command = attributes.u32('CTRL_ATTR_OP_ID');
    else if (attributes.type === CTRL_ATTR_OP_FLAGS) flags = attributes.u32('CTRL_ATTR_OP_FLAGS');
  }
  return { command, flags };
}

function decodeGroup(attributes: AttributeReader): { name: string; id: number } {
  let name = '';
  let id = 0;
  while (attributes.next()) {
    if (attributes.type === CTRL_ATTR_MCAST_GRP_NAME) name = attributes.string('CTRL_ATTR_MCAST_GRP_NAME');
    else if (attributes.type === CTRL_ATTR_MCAST_GRP_ID) id = attributes.u32('CTRL_ATTR_MCAST_GRP_ID');
  }
  return { name, id };
}
