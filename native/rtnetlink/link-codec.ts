/**
 * Links as bytes. Pure.
 *
 * Shape: [ifinfomsg 16 B: u8 family | u8 0 | u16 hardware type | s32 index | u32 flags | u32 changed flags][attributes].
 *
 * @see include/uapi/linux/if_link.h; net/core/rtnetlink.c (rtnl_fill_ifinfo, rtnl_newlink)
 */
import { AF_UNSPEC } from '../inet/family.js';
import { AttributeReader, AttributeWriter } from '../netlink/attribute.js';
import { CodecError } from '../netlink/errors.js';
import type { NetlinkMessage } from '../netlink/message.js';
import { Reader } from '../netlink/reader.js';
import type { Writer } from '../netlink/writer.js';
import { encodeAddressAttribute } from './address-attribute.js';
import * as id from './constants.js';
import type { Link, LinkConfig, OperState } from './types.js';

/** Which link a request is about; null is every one. */
export type LinkSelector = { readonly index: number } | { readonly name: string } | null;

/** Appends the payload of `RTM_GETLINK` and `RTM_DELLINK`. @throws CodecError when a value fits no field */
export function encodeLinkQuery(writer: Writer, selector: LinkSelector): void {
  encodeHeader(writer, selector !== null && 'index' in selector ? selector.index : 0);
  const attributes = new AttributeWriter(writer);
  if (selector !== null && 'name' in selector) encodeName(attributes, selector.name);
  attributes.u32(id.IFLA_EXT_MASK, id.RTEXT_FILTER_SKIP_STATS, 'IFLA_EXT_MASK');
}

/** Appends the payload of `RTM_NEWLINK` that sets `IFF_UP` or clears it. @throws CodecError when the index fits no field */
export function encodeLinkState(writer: Writer, index: number, up: boolean): void {
  encodeHeader(writer, index, up ? id.IFF_UP : 0, id.IFF_UP);
}

/** Appends the payload of `RTM_NEWLINK` that creates a link. @throws CodecError when a value fits no field */
export function encodeLinkConfig(writer: Writer, config: LinkConfig): void {
  encodeHeader(writer, 0);
  const attributes = new AttributeWriter(writer);
  encodeNewName(attributes, config.name);
  const info = attributes.begin(id.IFLA_LINKINFO);
  attributes.string(id.IFLA_INFO_KIND, config.kind, 'IFLA_INFO_KIND');
  encodeKindData(attributes, config);
  attributes.end(info, 'IFLA_LINKINFO');
}

/**
 * Gives the link of one message, or null where it describes none: those of bridges and other parts of the kernel come with
 * the same type (a port that leaves its bridge as a deleted link), those of wireless drivers without a name.
 *
 * @throws CodecError
 */
export function decodeLink(message: NetlinkMessage): Link | null {
  const reader = new Reader(message.payload);
  reader.need(0, id.IFINFOMSG_LENGTH, 'struct ifinfomsg');
  if (reader.u8(0, 'ifi_family') !== AF_UNSPEC) return null;
  let name: string | null = null;
  let mtu = 0;
  let operState = 0;
  let carrier: boolean | null = null;
  let hardwareAddress: string | null = null;
  let kind: string | null = null;
  let master: number | null = null;
  let lower: number | null = null;
  let elsewhere = false;
  const attributes = new AttributeReader(reader, id.IFINFOMSG_LENGTH, reader.length);
  while (attributes.next()) {
    switch (attributes.type) {
      case id.IFLA_IFNAME:
        name = attributes.string('IFLA_IFNAME');
        break;
      case id.IFLA_MTU:
        mtu = attributes.u32('IFLA_MTU');
        break;
      case id.IFLA_OPERSTATE:
        operState = attributes.u8('IFLA_OPERSTATE');
        break;
      case id.IFLA_CARRIER:
        carrier = attributes.u8('IFLA_CARRIER') !== 0;
        break;
      case id.IFLA_ADDRESS:
        hardwareAddress = formatHardwareAddress(attributes.bytes('IFLA_ADDRESS'));
        break;
      case id.IFLA_MASTER:
        master = attributes.u32('IFLA_MASTER');
        break;
      case id.IFLA_LINK:
        lower = attributes.u32('IFLA_LINK');
        break;
      case id.IFLA_LINK_NETNSID:
        elsewhere = true;
        break;
      case id.IFLA_LINKINFO:
        kind = decodeKind(attributes.nested());
        break;
      default:
    }
  }
  if (name === null) return null;
  const flags = reader.u32(8, 'ifi_flags');
  return {
    index: reader.i32(4, 'ifi_index'),
    name,
    hardwareType: reader.u16(2, 'ifi_type'),
    flags,
    up: (flags & id.IFF_UP) !== 0,
    carrier,
    operState: operStateOf(operState),
    mtu,
    hardwareAddress,
    kind,
    master,
    lower: elsewhere || lower === 0 ? null : lower,
  };
}

const operStates: readonly OperState[] = [
  'unknown',
  'not-present',
  'down',
  'lower-layer-down',
  'testing',
  'dormant',
  'up',
];

function operStateOf(number: number): OperState {
  return operStates[number] ?? 'unknown';
}

function encodeHeader(writer: Writer, index: number, flags = 0, changed = 0): void {
  writer.u8(AF_UNSPEC, 'ifi_family');
  writer.zeros(1);
  writer.u16(0, 'ifi_type');
  writer.i32(index, 'ifi_index');
  writer.u32(flags, 'ifi_flags');
  writer.u32(changed, 'ifi_change');
}

/** A longer name than links have is an alternative one, which the kernel has since 5.5. */
function encodeName(attributes: AttributeWriter, name: string): void {
  const type = Buffer.byteLength(name) < id.IFNAMSIZ ? id.IFLA_IFNAME : id.IFLA_ALT_IFNAME;
  attributes.string(type, name, 'IFLA_IFNAME');
}

/** Without a name, or with a `%d` in it, the kernel would choose one. */
function encodeNewName(attributes: AttributeWriter, name: string): void {
  const length = Buffer.byteLength(name);
  if (length === 0 || length >= id.IFNAMSIZ || name.includes('%')) {
    const expected = `1..${id.IFNAMSIZ - 1} bytes without %`;
    throw new CodecError({ what: 'IFLA_IFNAME', offset: 0, expected, got: JSON.stringify(name) });
  }
  attributes.string(id.IFLA_IFNAME, name, 'IFLA_IFNAME');
}

function encodeKindData(attributes: AttributeWriter, config: LinkConfig): void {
  if (config.kind === 'dummy') return;
  const data = attributes.begin(id.IFLA_INFO_DATA);
  if (config.kind === 'ipip') {
    const { local, remote } = config;
    if (local !== undefined) encodeAddressAttribute(attributes, id.IFLA_IPTUN_LOCAL, local, 'ipv4');
    if (remote !== undefined) encodeAddressAttribute(attributes, id.IFLA_IPTUN_REMOTE, remote, 'ipv4');
  } else {
    const peer = attributes.begin(id.VETH_INFO_PEER);
    encodeHeader(attributes.writer, 0);
    encodeNewName(attributes, config.peerName);
    attributes.end(peer, 'VETH_INFO_PEER');
  }
  attributes.end(data, 'IFLA_INFO_DATA');
}

function decodeKind(attributes: AttributeReader): string | null {
  let kind: string | null = null;
  while (attributes.next()) {
    if (attributes.type === id.IFLA_INFO_KIND) kind = attributes.string('IFLA_INFO_KIND');
  }
  return kind;
}

function formatHardwareAddress(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return null;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
