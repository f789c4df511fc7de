/** The addresses of this network namespace: listed, added, deleted over rtnetlink, and announced to the neighbours. */
import { readFileSync } from 'node:fs';
import type { Clock } from '../../base/clock.js';
import { DirectorError, reasonOf } from '../../base/errors.js';
import { parseIp } from '../../base/ip.js';
import { takeTurns } from '../../base/take-turns.js';
import { hostPrefixLength, vipKey, type VipAddress, type VipKey } from '../../model/vip-address.js';
import { SyscallError } from '../../../native/libc/errno.js';
import { Announcer, type Announcement } from '../../../native/neighbour/announce.js';
import type { NetlinkConnection } from '../../../native/netlink/connection.js';
import { addAddress, deleteAddress, listAddresses } from '../../../native/rtnetlink/addresses.js';
import { ARPHRD_ETHER, IFF_LOOPBACK, IFF_NOARP } from '../../../native/rtnetlink/constants.js';
import { RtnetlinkError, type RtnetlinkErrorCode } from '../../../native/rtnetlink/errors.js';
import { linkByName, listLinks } from '../../../native/rtnetlink/links.js';
import { openRtnetlink } from '../../../native/rtnetlink/request.js';
import type { AddressConfig, Link } from '../../../native/rtnetlink/types.js';
import type { AddressChange, AddressListing, AddressStep, AddressTable } from '../address-table.js';
import { StepError, type StepResult } from '../types.js';
import { InterfaceWatch } from './interface-watch.js';

export interface NetlinkAddressTableOptions {
  readonly clock: Clock;
  /** Hears in one line each what is wrong and fails no step: an announcement that could not be sent, no more notices. */
  readonly onProblem: (message: string) => void;
}

/** One a network namespace, that in which it is first used. */
export class NetlinkAddressTable implements AddressTable {
  readonly #options: NetlinkAddressTableOptions;
  readonly #announcer: Announcer;
  /** Added by this process: to be announced again when a cable is put in. */
  readonly #added = new Map<VipKey, VipAddress>();
  #connection: NetlinkConnection | null = null;
  #watch: InterfaceWatch | null = null;

  constructor(options: NetlinkAddressTableOptions) {
    this.#options = options;
    this.#announcer = new Announcer({
      clock: options.clock,
      onError: ({ address }, error) => options.onProblem(`announce ${address}: ${reasonOf(error)}`),
    });
  }

  list(): Promise<AddressListing> {
    return new Promise((resolve) => resolve(this.#list()));
  }

  async apply(steps: readonly AddressStep[]): Promise<readonly StepResult[]> {
    const turn = takeTurns(this.#options.clock);
    const links = new Map<string, Link | null>();
    const announcements: Announcement[] = [];
    const results: StepResult[] = [];
    for (const step of steps) {
      results.push(this.#attempt(step, links, announcements));
      await turn();
    }
    this.#announce(announcements);
    return results;
  }

  watch(onChange: (change: AddressChange) => void): void {
    const tell = (error: unknown): void =>
      this.#options.onProblem(
        `watch interfaces: ${reasonOf(error)}; missing addresses are found at the next resync`,
      );
    this.#watch = new InterfaceWatch({
      onChange,
      onCarrier: (link) => this.#announceAgain(link),
      onFailure: tell,
    });
    try {
      this.#watch.start(this.#open());
    } catch (thrown) {
      tell(thrown);
    }
  }

  close(): Promise<void> {
    this.#watch?.close();
    this.#watch = null;
    this.#announcer.close();
    this.#connection?.close();
    this.#connection = null;
    return Promise.resolve();
  }

  #open(): NetlinkConnection {
    return (this.#connection ??= openRtnetlink());
  }

  #list(): AddressListing {
    try {
      const connection = this.#open();
      const links = new Map(listLinks(connection).map((link) => [link.index, link]));
      const present = new Set<VipKey>();
      for (const { index, address } of listAddresses(connection)) {
        const name = links.get(index)?.name;
        if (name !== undefined) present.add(vipKey({ address: canonical(address), interface: name }));
      }
      const up = [...links.values()].filter((link) => link.up).map((link) => link.name);
      return { present, up: new Set(up) };
    } catch (thrown) {
      throw new DirectorError(`list addresses: ${reasonOf(thrown)}`, {
        code: 'ERR_ADDRESSES_UNREADABLE',
        details: {},
        retryable: true,
        cause: thrown,
      });
    }
  }

  #attempt(step: AddressStep, links: Map<string, Link | null>, announcements: Announcement[]): StepResult {
    try {
      const connection = this.#open();
      const { interface: name } = step.vip;
      const known = links.get(name);
      const link = known === undefined ? linkByName(connection, name) : known;
      links.set(name, link);
      if (step.kind === 'delete-address') this.#delete(connection, step.vip, link);
      else announcements.push(...this.#add(connection, step.vip, link));
      return { ok: true };
    } catch (thrown) {
      return { ok: false, error: addressError(step, thrown) };
    }
  }

  /** @returns what is to be announced: nothing where nobody asks for hardware addresses */
  #add(connection: NetlinkConnection, vip: VipAddress, link: Link | null): readonly Announcement[] {
    if (link === null) throw new Error(`there is no interface ${vip.interface}; lvsd waits for it`);
    if (!link.up) throw new Error(`the interface is down: ip link set ${vip.interface} up`);
    const announcement = announcementOf(vip, link);
    // an address that nobody learns of is worse than one that is missed at once
    if (announcement !== null) this.#announcer.open();
    const config = addressConfig(vip, link.index);
    ignoring('ERR_RTNETLINK_ADDRESS_EXISTS', () => addAddress(connection, config));
    this.#added.set(vipKey(vip), vip);
    return announcement === null ? [] : [announcement];
  }

  #delete(connection: NetlinkConnection, vip: VipAddress, link: Link | null): void {
    this.#added.delete(vipKey(vip));
    if (link === null) return;
    const { address, family } = vip;
    this.#announcer.withdraw({ index: link.index, address });
    const key = { index: link.index, address, prefixLength: hostPrefixLength(family) };
    ignoring('ERR_RTNETLINK_ADDRESS_UNKNOWN', () =>
      ignoring('ERR_RTNETLINK_LINK_UNKNOWN', () => deleteAddress(connection, key)),
    );
  }

  /** What was announced before nobody heard. */
  #announceAgain(link: Link): void {
    const here = [...this.#added.values()].filter((vip) => vip.interface === link.name);
    this.#announce(here.flatMap((vip) => announcementOf(vip, link) ?? []));
  }

  #announce(announcements: readonly Announcement[]): void {
    try {
      this.#announcer.announce(announcements);
    } catch (thrown) {
      this.#options.onProblem(`announce addresses: ${reasonOf(thrown)}`);
    }
  }
}

/**
 * A single address, at once good for service, that the host does not use of its own accord: a tunnelled packet whose
 * outer source is the virtual address is dropped by the real server, which has that address, too. IPv4 takes the first
 * address of the interface as its source anyway.
 */
function addressConfig({ address, family }: VipAddress, index: number): AddressConfig {
  const config = { index, address, prefixLength: hostPrefixLength(family) };
  return family === 4 ? config : { ...config, noDad: true, preferredSec: 0 };
}

function announcementOf({ address, family }: VipAddress, link: Link): Announcement | null {
  const { index, hardwareAddress, hardwareType, flags, name } = link;
  const asks = hardwareType === ARPHRD_ETHER && (flags & (IFF_LOOPBACK | IFF_NOARP)) === 0;
  if (!asks || hardwareAddress === null) return null;
  return { index, hardwareAddress, address, router: family === 6 && forwardsIpv6(name) };
}

function forwardsIpv6(name: string): boolean {
  try {
    return readFileSync(`/proc/sys/net/ipv6/conf/${name}/forwarding`, 'utf8').trim() !== '0';
  } catch {
    // IPv6 is off, or the interface has gone meanwhile
    return false;
  }
}

/** The spelling that configuration and model have. */
function canonical(address: string): string {
  return parseIp(address)?.text ?? address;
}

function ignoring(code: RtnetlinkErrorCode, act: () => void): void {
  try {
    act();
  } catch (thrown) {
    if (!(thrown instanceof RtnetlinkError) || thrown.code !== code) throw thrown;
  }
}

function addressError({ kind, vip, service }: AddressStep, thrown: unknown): StepError {
  const operation = `${kind.replace('-', ' ')} ${vip.address} on ${vip.interface}`;
  return new StepError(`${operation}: ${reasonText(thrown, vip)}`, {
    code: 'ERR_ADDRESS',
    details: { step: kind, service: service.key, server: null },
    retryable: true,
    cause: thrown,
  });
}

/** Why, and what the operator can do about it. */
function reasonText(thrown: unknown, vip: VipAddress): string {
  if (thrown instanceof RtnetlinkError) {
    if (thrown.code === 'ERR_RTNETLINK_IPV6_DISABLED')
      return `IPv6 is off on the interface: sysctl net.ipv6.conf.${vip.interface}.disable_ipv6=0`;
    if (thrown.code === 'ERR_RTNETLINK_PERMISSION') return `${thrown.reason}: give lvsd CAP_NET_ADMIN`;
    return thrown.reason;
  }
  if (thrown instanceof SyscallError && thrown.details.errno === 'EPERM')
    return 'it could not be announced to the neighbours: give lvsd CAP_NET_RAW';
  return reasonOf(thrown);
}
