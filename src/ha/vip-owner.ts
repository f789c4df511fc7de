/**
 * The addresses of instances on the interfaces of this network namespace: added, announced to the neighbours, removed.
 *
 * Decides nothing. What is there already is adopted, what is gone already is removed: so it may be asked twice, and after a
 * crash of whoever asked before.
 */
import { readFileSync } from 'node:fs';
import { reasonOf } from '../base/errors.js';
import { parseIp } from '../base/ip.js';
import type { InstanceAddress } from '../model/vrrp-instance.js';
import { SyscallError } from '../../native/libc/errno.js';
import {
  framesOf,
  openPacketSender,
  type Announcement,
  type FrameSender,
} from '../../native/neighbour/announce.js';
import type { NetlinkConnection } from '../../native/netlink/connection.js';
import { addAddress, deleteAddress, listAddresses } from '../../native/rtnetlink/addresses.js';
import { ARPHRD_ETHER, IFF_LOOPBACK, IFF_NOARP } from '../../native/rtnetlink/constants.js';
import { RtnetlinkError } from '../../native/rtnetlink/errors.js';
import { linkByName } from '../../native/rtnetlink/links.js';
import { openRtnetlink } from '../../native/rtnetlink/request.js';
import type { AddressConfig, Link } from '../../native/rtnetlink/types.js';
import type { AddressFailure, AddressOwner } from './address-owner.js';

/** Announcements of one address in a volley: nobody confirms them, and one frame is easily lost. */
const VOLLEY = 5;

/** One a network namespace, that in which it is first used. */
export class VipOwner implements AddressOwner {
  #connection: NetlinkConnection | null = null;
  #sender: FrameSender | null = null;

  /**
   * Adds the addresses, in their order, good at once. Nobody is told of them yet, see `announce`.
   *
   * @returns what failed; never throws
   */
  add(addresses: readonly InstanceAddress[]): readonly AddressFailure[] {
    return this.#each('add', addresses, (connection, address, link) => {
      if (link === null) throw new Error('there is no such interface');
      ignoring('ERR_RTNETLINK_ADDRESS_EXISTS', () => addAddress(connection, configOf(address, link.index)));
    });
  }

  /**
   * Tells the neighbours that the addresses are here, in one volley. Only where neighbours ask for hardware addresses.
   *
   * @returns what failed; never throws
   */
  announce(addresses: readonly InstanceAddress[]): readonly AddressFailure[] {
    return this.#each('announce', addresses, (_, { address }, link) => {
      const announcement = link === null ? null : announcementOf(address, link);
      if (announcement === null) return;
      this.#sender ??= openPacketSender();
      for (let time = 0; time < VOLLEY; time++)
        for (const frame of framesOf(announcement)) this.#sender.send(announcement.index, frame);
    });
  }

  /**
   * Removes the addresses.
   *
   * @returns what failed; never throws
   */
  remove(addresses: readonly InstanceAddress[]): readonly AddressFailure[] {
    return this.#each('remove', addresses, (connection, address, link) => {
      if (link !== null) removeFrom(connection, address, link.index);
    });
  }

  /** What is there stays. Idempotent. */
  close(): void {
    this.#connection?.close();
    this.#sender?.close();
    this.#connection = null;
    this.#sender = null;
  }

  #open(): NetlinkConnection {
    return (this.#connection ??= openRtnetlink());
  }

  /** A failure of one does not keep the others. */
  #each(
    operation: Operation,
    addresses: readonly InstanceAddress[],
    act: (connection: NetlinkConnection, address: InstanceAddress, link: Link | null) => void,
  ): readonly AddressFailure[] {
    const links = new Map<string, Link | null>();
    return addresses.flatMap((address) => {
      try {
        const connection = this.#open();
        const { interface: name } = address;
        if (!links.has(name)) links.set(name, linkByName(connection, name));
        act(connection, address, links.get(name) ?? null);
        return [];
      } catch (thrown) {
        return [failureOf(operation, address, reasonText(thrown, address))];
      }
    });
  }
}

type Operation = 'add' | 'announce' | 'remove';

/**
 * Without duplicate address detection: who takes over may not wait for it. Deprecated, so that the host does not use a
 * virtual IPv6 address of its own accord, advertisements included; IPv4 takes the first address of the interface anyway.
 */
function configOf({ address, prefixLength }: InstanceAddress, index: number): AddressConfig {
  const config = { index, address, prefixLength };
  return address.includes(':') ? { ...config, noDad: true, preferredSec: 0 } : config;
}

/** One that was adopted may have another prefix length than the file: a virtual address may not stay behind for that. */
function removeFrom(
  connection: NetlinkConnection,
  { address, prefixLength }: InstanceAddress,
  index: number,
): void {
  const place = placeOf(index, address);
  const remove = (length: number): boolean => {
    try {
      deleteAddress(connection, { index, address, prefixLength: length });
      return true;
    } catch (thrown) {
      if (isGone(thrown)) return false;
      throw thrown;
    }
  };
  if (remove(prefixLength)) return;
  const others = listAddresses(connection, { index }).filter(
    (each) => placeOf(each.index, each.address) === place,
  );
  for (const other of others) remove(other.prefixLength);
}

function placeOf(index: number, address: string): string {
  return `${index} ${parseIp(address)?.text ?? address}`;
}

function isGone(thrown: unknown): boolean {
  return (
    thrown instanceof RtnetlinkError &&
    (thrown.code === 'ERR_RTNETLINK_ADDRESS_UNKNOWN' || thrown.code === 'ERR_RTNETLINK_LINK_UNKNOWN')
  );
}

function ignoring(code: RtnetlinkError['code'], act: () => void): void {
  try {
    act();
  } catch (thrown) {
    if (!(thrown instanceof RtnetlinkError) || thrown.code !== code) throw thrown;
  }
}

function announcementOf(address: string, link: Link): Announcement | null {
  const { index, hardwareAddress, hardwareType, flags, name } = link;
  const asks = hardwareType === ARPHRD_ETHER && (flags & (IFF_LOOPBACK | IFF_NOARP)) === 0;
  if (!asks || hardwareAddress === null) return null;
  return { index, hardwareAddress, address, router: address.includes(':') && forwardsIpv6(name) };
}

function forwardsIpv6(name: string): boolean {
  try {
    return readFileSync(`/proc/sys/net/ipv6/conf/${name}/forwarding`, 'utf8').trim() !== '0';
  } catch {
    // IPv6 is off, or the interface has gone meanwhile
    return false;
  }
}

function failureOf(operation: Operation, address: InstanceAddress, reason: string): AddressFailure {
  const subject = `${address.address}/${address.prefixLength} on ${address.interface}`;
  return { address, message: `${operation} ${subject}: ${reason}` };
}

/** Why, and what the operator can do about it. */
function reasonText(thrown: unknown, { interface: name }: InstanceAddress): string {
  if (thrown instanceof SyscallError && thrown.details.errno === 'EPERM')
    return `${thrown.message}: give lvsd CAP_NET_RAW`;
  if (!(thrown instanceof RtnetlinkError)) return reasonOf(thrown);
  if (thrown.code === 'ERR_RTNETLINK_IPV6_DISABLED')
    return `IPv6 is off on the interface: sysctl net.ipv6.conf.${name}.disable_ipv6=0`;
  if (thrown.code === 'ERR_RTNETLINK_PERMISSION') return `${thrown.reason}: give lvsd CAP_NET_ADMIN`;
  return thrown.reason;
}
