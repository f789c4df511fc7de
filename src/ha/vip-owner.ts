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
import { ARPHRD_ETHER, IFA_F_SECONDARY, IFF_LOOPBACK, IFF_NOARP } from '../../native/rtnetlink/constants.js';
import { RtnetlinkError } from '../../native/rtnetlink/errors.js';
import { linkByName } from '../../native/rtnetlink/links.js';
import { openRtnetlink } from '../../native/rtnetlink/request.js';
import type { AddressConfig, AddressKey, InterfaceAddress, Link } from '../../native/rtnetlink/types.js';
import type { AddressFailure, AddressOwner } from './address-owner.js';
import { isRight, SCOPES } from './address-presence.js';

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
   * Tells the neighbours once that the addresses are here. Only where neighbours ask for hardware addresses.
   *
   * @returns what failed; never throws
   */
  announce(addresses: readonly InstanceAddress[]): readonly AddressFailure[] {
    const forwarding = new Map<string, boolean>();
    return this.#each('announce', addresses, (_, { address }, link) => {
      const announcement = link === null ? null : announcementOf(address, link, forwarding);
      if (announcement === null) return;
      this.#sender ??= openPacketSender();
      for (const frame of framesOf(announcement)) this.#sender.send(announcement.index, frame);
    });
  }

  /**
   * Has the addresses in the form that is asked for and in no other. The kernel changes neither prefix length, nor label, nor
   * scope of an address: what is asked for is added beside it where that can be, else in its place, and the other goes.
   *
   * @returns what failed; never throws
   */
  mend(addresses: readonly InstanceAddress[]): readonly AddressFailure[] {
    const forms = new FormsByPlace();
    return this.#each('mend', addresses, (connection, address, link) => {
      if (link === null) throw new Error('there is no such interface');
      const others = forms
        .of(connection, address, link.index)
        .filter((form) => !isRight(address, link.name, form));
      for (const form of others) refuseToTakeAlong(form, forms.list(connection), link.name);
      const inTheWay = others.filter((form) => isSameToKernel(form, address));
      for (const form of inTheWay) deleteIfThere(connection, form);
      ignoring('ERR_RTNETLINK_ADDRESS_EXISTS', () => addAddress(connection, configOf(address, link.index)));
      for (const form of others) if (!inTheWay.includes(form)) deleteIfThere(connection, form);
    });
  }

  /**
   * Removes the addresses.
   *
   * @returns what failed; never throws
   */
  remove(addresses: readonly InstanceAddress[]): readonly AddressFailure[] {
    const forms = new FormsByPlace();
    return this.#each('remove', addresses, (connection, address, link) => {
      if (link !== null) removeFrom(connection, address, link.index, forms);
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

type Operation = 'add' | 'announce' | 'mend' | 'remove';

/**
 * Without duplicate address detection: who takes over may not wait for it. Deprecated, so that the host does not use a
 * virtual IPv6 address of its own accord, advertisements included; IPv4 takes the first address of the interface anyway.
 */
function configOf({ address, prefixLength, label, scope }: InstanceAddress, index: number): AddressConfig {
  const config = { index, address, prefixLength };
  if (address.includes(':')) return { ...config, noDad: true, preferredSec: 0 };
  return { ...config, scope: SCOPES[scope], ...(label === null ? {} : { label }) };
}

/** The addresses of this host as they were when they were first asked for: for one call, which may be about many. */
class FormsByPlace {
  #list: readonly InterfaceAddress[] | null = null;
  readonly #places = new Map<string, InterfaceAddress[]>();

  list(connection: NetlinkConnection): readonly InterfaceAddress[] {
    if (this.#list !== null) return this.#list;
    this.#list = listAddresses(connection);
    for (const form of this.#list) {
      const place = placeOf(form.index, form.address);
      const forms = this.#places.get(place);
      if (forms === undefined) this.#places.set(place, [form]);
      else forms.push(form);
    }
    return this.#list;
  }

  of(
    connection: NetlinkConnection,
    { address }: InstanceAddress,
    index: number,
  ): readonly InterfaceAddress[] {
    this.list(connection);
    return this.#places.get(placeOf(index, address)) ?? [];
  }
}

/** One that was adopted may have another prefix length than the file: a virtual address may not stay behind for that. */
function removeFrom(
  connection: NetlinkConnection,
  address: InstanceAddress,
  index: number,
  forms: FormsByPlace,
): void {
  if (deleteIfThere(connection, { ...address, index })) return;
  for (const form of forms.of(connection, address, index)) deleteIfThere(connection, form);
}

/** @returns whether it was there */
function deleteIfThere(
  connection: NetlinkConnection,
  { index, address, prefixLength, peer = null }: AddressKey,
): boolean {
  try {
    deleteAddress(connection, { index, address, prefixLength, peer });
    return true;
  } catch (thrown) {
    if (isGone(thrown)) return false;
    throw thrown;
  }
}

/** Which the kernel takes for the address that is asked for, so that it does not add that. @see `replaceAddress` */
function isSameToKernel(form: InterfaceAddress, { prefixLength }: InstanceAddress): boolean {
  return form.family === 'ipv6' || (form.prefixLength === prefixLength && form.peer === null);
}

/**
 * Refuses to delete an IPv4 address that the kernel would not delete alone.
 *
 * @throws Error with the next step
 * @see net/ipv4/devinet.c (__inet_del_ifa)
 */
function refuseToTakeAlong(form: InterfaceAddress, all: readonly InterfaceAddress[], name: string): void {
  if (form.family !== 'ipv4' || (form.flags & IFA_F_SECONDARY) !== 0 || promotes(name)) return;
  const along = all.filter(
    (other) =>
      other.index === form.index &&
      other.prefixLength === form.prefixLength &&
      (other.flags & IFA_F_SECONDARY) !== 0 &&
      isSameNetwork(other.address, form.address, form.prefixLength),
  );
  if (along.length === 0) return;
  throw new Error(
    `it is there as ${describeForm(form)}, and ${along.map(({ address }) => address).join(', ')} would go with it: ` +
      `sysctl -w net.ipv4.conf.${name}.promote_secondaries=1`,
  );
}

function describeForm({ address, prefixLength, label, scope }: InterfaceAddress): string {
  return `${address}/${prefixLength}, label ${label ?? 'none'}, scope ${scope}`;
}

function isSameNetwork(one: string, other: string, prefixLength: number): boolean {
  const network = (address: string): number =>
    prefixLength === 0 ? 0 : numberOf(address) >>> (32 - prefixLength);
  return network(one) === network(other);
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

function promotes(name: string): boolean {
  return ['all', name].some((each) => isOn(`/proc/sys/net/ipv4/conf/${each}/promote_secondaries`));
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

/** @param forwarding whether interfaces forward IPv6, as far as that was asked */
function announcementOf(address: string, link: Link, forwarding: Map<string, boolean>): Announcement | null {
  const { index, hardwareAddress, hardwareType, flags, name } = link;
  const asks = hardwareType === ARPHRD_ETHER && (flags & (IFF_LOOPBACK | IFF_NOARP)) === 0;
  if (!asks || hardwareAddress === null) return null;
  if (!address.includes(':')) return { index, hardwareAddress, address };
  const router = forwarding.get(name) ?? isOn(`/proc/sys/net/ipv6/conf/${name}/forwarding`);
  forwarding.set(name, router);
  return { index, hardwareAddress, address, router };
}

function isOn(setting: string): boolean {
  try {
    return readFileSync(setting, 'utf8').trim() !== '0';
  } catch {
    // the protocol is off, or the interface has gone meanwhile
    return false;
  }
}

function failureOf(operation: Operation, address: InstanceAddress, reason: string): AddressFailure {
  const subject = `${address.address}/${address.prefixLength} on ${address.interface}`;
  return { address, message: `${operation} ${subject}: ${reason}` };
}

/** Why, and what the operator can do about it. */
function reasonText(thrown: unknown, { interface: name, scope }: InstanceAddress): string {
  if (thrown instanceof SyscallError && thrown.details.errno === 'EPERM')
    return `${thrown.message}: give lvsd CAP_NET_RAW`;
  if (!(thrown instanceof RtnetlinkError)) return reasonOf(thrown);
  if (thrown.code === 'ERR_RTNETLINK_IPV6_DISABLED')
    return `IPv6 is off on the interface: sysctl net.ipv6.conf.${name}.disable_ipv6=0`;
  // only this does the kernel check for an IPv4 address that is one
  if (thrown.code === 'ERR_RTNETLINK_INVALID' && thrown.operation === 'add-address')
    return `${thrown.reason}: an address of the same network has another scope than ${scope}: write the prefix length 32`;
  if (thrown.code === 'ERR_RTNETLINK_PERMISSION') return `${thrown.reason}: give lvsd CAP_NET_ADMIN`;
  return thrown.reason;
}
