/** Links: list, find, set up and down, create, delete. */
import type { NetlinkConnection } from '../netlink/connection.js';
import { NLM_F_CREATE, NLM_F_EXCL } from '../netlink/constants.js';
import { RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK } from './constants.js';
import { RtnetlinkError } from './errors.js';
import {
  decodeLink,
  encodeLinkConfig,
  encodeLinkQuery,
  encodeLinkState,
  type LinkSelector,
} from './link-codec.js';
import { ask, change, list } from './request.js';
import type { Link, LinkConfig } from './types.js';

/** Gives the links of this network namespace by index. @throws RtnetlinkError; CodecError; SyscallError */
export function listLinks(connection: NetlinkConnection): Link[] {
  return list(
    connection,
    {
      operation: 'list-links',
      subject: '',
      type: RTM_GETLINK,
      encode: (writer) => encodeLinkQuery(writer, null),
    },
    decodeLink,
  );
}

/** Gives the link of a name, or null. @throws RtnetlinkError; CodecError; SyscallError */
export function linkByName(connection: NetlinkConnection, name: string): Link | null {
  return findLink(connection, { name }, name);
}

/** Gives the link of an index from 1 on, or null. @throws RtnetlinkError; CodecError; SyscallError */
export function linkByIndex(connection: NetlinkConnection, index: number): Link | null {
  return findLink(connection, { index }, `of interface ${index}`);
}

/**
 * Sets a link up or down.
 *
 * @throws RtnetlinkError `ERR_RTNETLINK_LINK_UNKNOWN`, `_PERMISSION`
 */
export function setLinkState(connection: NetlinkConnection, index: number, state: 'up' | 'down'): void {
  change(connection, {
    operation: 'set-link',
    subject: `of interface ${index} ${state}`,
    type: RTM_NEWLINK,
    encode: (writer) => encodeLinkState(writer, index, state === 'up'),
  });
}

/**
 * Creates a link; of a veth pair both ends. The kernel loads the module for its kind.
 *
 * @throws RtnetlinkError `ERR_RTNETLINK_LINK_EXISTS`, `_PERMISSION`, `_INVALID`; `_UNSUPPORTED` for a kind without module
 */
export function createLink(connection: NetlinkConnection, config: LinkConfig): void {
  change(connection, {
    operation: 'create-link',
    subject: `${config.name} of kind ${config.kind}`,
    type: RTM_NEWLINK,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    encode: (writer) => encodeLinkConfig(writer, config),
  });
}

/**
 * Deletes a link; of a veth pair both ends.
 *
 * @throws RtnetlinkError `ERR_RTNETLINK_LINK_UNKNOWN`, `_PERMISSION`; `_UNSUPPORTED` for hardware and loopback
 */
export function deleteLink(connection: NetlinkConnection, index: number): void {
  change(connection, {
    operation: 'delete-link',
    subject: `of interface ${index}`,
    type: RTM_DELLINK,
    encode: (writer) => encodeLinkQuery(writer, { index }),
  });
}

function findLink(connection: NetlinkConnection, selector: LinkSelector, subject: string): Link | null {
  const encode = encodeLinkQuery;
  try {
    const links = ask(
      connection,
      { operation: 'get-link', subject, type: RTM_GETLINK, encode: (writer) => encode(writer, selector) },
      decodeLink,
    );
    return links[0] ?? null;
  } catch (error) {
    if (error instanceof RtnetlinkError && error.code === 'ERR_RTNETLINK_LINK_UNKNOWN') return null;
    throw error;
  }
}
