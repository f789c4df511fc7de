/** Addresses of interfaces: list, add, replace, delete. */
import type { AddressFamily } from '../inet/address.js';
import type { NetlinkConnection } from '../netlink/connection.js';
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from '../netlink/constants.js';
import { decodeAddress, encodeAddressConfig, encodeAddressKey, encodeAddressQuery } from './address-codec.js';
import { RTM_DELADDR, RTM_GETADDR, RTM_NEWADDR } from './constants.js';
import { change, list } from './request.js';
import type { AddressConfig, AddressKey, InterfaceAddress } from './types.js';

/** What to list; what is left out is any. */
export interface AddressFilter {
  readonly family?: AddressFamily;
  /** Of the interface. */
  readonly index?: number;
}

/**
 * Gives the addresses of this network namespace, by interface in the kernel's order. An interface that is not there has none.
 *
 * @throws RtnetlinkError; CodecError; SyscallError
 */
export function listAddresses(connection: NetlinkConnection, filter: AddressFilter = {}): InterfaceAddress[] {
  const { family = null, index } = filter;
  const addresses = list(
    connection,
    {
      operation: 'list-addresses',
      subject: '',
      type: RTM_GETADDR,
      encode: (writer) => encodeAddressQuery(writer, family),
    },
    decodeAddress,
  );
  // the kernel filters by interface only on sockets that demand strict checks, since 5.0
  return index === undefined ? addresses : addresses.filter((address) => address.index === index);
}

/**
 * Adds an address.
 *
 * An IPv6 address without `noDad` is tentative until the kernel has asked the link for another owner, one to two seconds.
 * An IPv4 address in the subnet of another becomes secondary, and goes with it unless `promote_secondaries` is set.
 *
 * @throws RtnetlinkError `ERR_RTNETLINK_ADDRESS_EXISTS`, `_LINK_UNKNOWN`, `_IPV6_DISABLED`, `_PERMISSION`, `_INVALID`
 * @see net/ipv4/devinet.c (inet_rtm_newaddr), net/ipv6/addrconf.c (inet6_rtm_newaddr)
 */
export function addAddress(connection: NetlinkConnection, config: AddressConfig): void {
  change(connection, {
    operation: 'add-address',
    subject: formatAddressKey(config),
    type: RTM_NEWADDR,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    encode: (writer) => encodeAddressConfig(writer, config),
  });
}

/**
 * Adds an address, or changes the one that is there as far as the kernel does that; the rest of it stays, without an error:
 *
 * | family | the same address is | what it gets of `config` |
 * | --- | --- | --- |
 * | IPv4 | that with this prefix length and peer | lifetimes |
 * | IPv6 | that of this interface, whatever its prefix length and peer | lifetimes, `noPrefixRoute`, `peer` if there is one |
 *
 * For other changes delete it and add it again. IPv6 flags that are left out are cleared: `noDad` too, to no effect, for
 * detection is not begun again.
 *
 * @throws RtnetlinkError as `addAddress`, save that it exists
 * @see net/ipv4/devinet.c (inet_rtm_newaddr), net/ipv6/addrconf.c (inet6_addr_modify)
 */
export function replaceAddress(connection: NetlinkConnection, config: AddressConfig): void {
  change(connection, {
    operation: 'replace-address',
    subject: formatAddressKey(config),
    type: RTM_NEWADDR,
    flags: NLM_F_CREATE | NLM_F_REPLACE,
    encode: (writer) => encodeAddressConfig(writer, config),
  });
}

/**
 * Deletes an address; the label does not matter.
 *
 * @throws RtnetlinkError `ERR_RTNETLINK_ADDRESS_UNKNOWN` (also for another prefix length or peer), `_LINK_UNKNOWN`,
 *   `_PERMISSION`, `_INVALID`
 */
export function deleteAddress(connection: NetlinkConnection, key: AddressKey): void {
  change(connection, {
    operation: 'delete-address',
    subject: formatAddressKey(key),
    type: RTM_DELADDR,
    encode: (writer) => encodeAddressKey(writer, key),
  });
}

/** `192.0.2.1/32 on interface 2`. Never throws. */
export function formatAddressKey({ index, address, prefixLength }: AddressKey): string {
  return `${address}/${prefixLength} on interface ${index}`;
}
