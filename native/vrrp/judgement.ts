/**
 * Whether an advertisement is one for an instance: the rules that need its configuration. Pure.
 *
 * @see RFC 9568 section 7.1, RFC 3768 section 7.1
 */
import { formatAddress, parseAddress } from '../inet/address.js';
import { CodecError } from '../netlink/errors.js';
import { encodePassword, PRIORITY_OWNER, type VrrpAdvertisement, type VrrpPath } from './packet.js';

/** Why an instance passes an advertisement over, in the order in which it is looked at. */
export const instanceDropReasons = [
  /** From this director's own address: a loop in the network, or somebody who has the same one. */
  'own-packet',
  /** Of another virtual router: none of this interface's when no instance takes it. */
  'other-vrid',
  /** Version 2 where this instance speaks version 3, or the other way round. */
  'other-version',
  /** This instance has priority 255: the addresses are its own, and nobody may take them. */
  'local-owner',
  /** The peers are told one by one, and the sender is none of them. */
  'unknown-peer',
  /** Version 2: no password where one is expected, one where none is, or another. */
  'authentication',
  /** Version 2: another interval, by which both would reckon differently when the other one is gone. */
  'other-interval',
  /** Version 2: other addresses, from one who does not own them. */
  'other-addresses',
] as const;
export type InstanceDropReason = (typeof instanceDropReasons)[number];

/** What differs though the advertisement counts: to be told to the operator, for both sides are to be configured alike. */
export interface Differences {
  /** Version 3: the interval of the active one counts. */
  readonly interval: boolean;
  /** Version 3, and version 2 from the owner. */
  readonly addresses: boolean;
}

export type InstanceVerdict =
  { readonly drop: InstanceDropReason } | { readonly drop: null; readonly differs: Differences };

/** What an instance expects, in words of its configuration. */
export interface ExpectedAdvertisement {
  readonly version: 2 | 3;
  readonly vrid: number;
  /** Of this director, as configured. */
  readonly priority: number;
  readonly advertiseMs: number;
  /** Those that are advertised. */
  readonly addresses: readonly string[];
  /** Version 2. */
  readonly password: string | null;
  /** Whose advertisements count; empty = everybody's. */
  readonly peers: readonly string[];
  /** From which this director advertises. */
  readonly source: string;
}

/** One answer of each kind, for a judgement allocates nothing. */
const drops = Object.fromEntries(
  instanceDropReasons.map((reason) => [reason, Object.freeze({ drop: reason })]),
) as Readonly<Record<InstanceDropReason, InstanceVerdict>>;

function acceptance(interval: boolean, addresses: boolean): InstanceVerdict {
  return Object.freeze({ drop: null, differs: Object.freeze({ interval, addresses }) });
}
const same = acceptance(false, false);
const otherInterval = acceptance(true, false);
const otherAddresses = acceptance(false, true);
const bothDiffer = acceptance(true, true);

/** Judges the advertisements for one instance; made anew when its configuration or its source changes. */
export class AdvertisementJudge {
  readonly #expected: ExpectedAdvertisement;
  readonly #source: string;
  readonly #addresses: readonly string[];
  readonly #peers: ReadonlySet<string>;
  readonly #authentication: Uint8Array | null;

  /** @throws CodecError when an address is none, or the password too long */
  constructor(expected: ExpectedAdvertisement) {
    this.#expected = expected;
    this.#source = canonical(expected.source);
    this.#addresses = [...new Set(expected.addresses.map(canonical))];
    this.#peers = new Set(expected.peers.map(canonical));
    this.#authentication = expected.password === null ? null : encodePassword(expected.password);
  }

  /** Never throws. */
  judge(advertisement: VrrpAdvertisement, path: VrrpPath): InstanceVerdict {
    const { version, vrid, priority, advertiseMs } = this.#expected;
    if (path.source === this.#source) return drops['own-packet'];
    if (advertisement.vrid !== vrid) return drops['other-vrid'];
    if (advertisement.version !== version) return drops['other-version'];
    if (priority === PRIORITY_OWNER) return drops['local-owner'];
    if (this.#peers.size > 0 && !this.#peers.has(path.source)) return drops['unknown-peer'];
    const interval = advertisement.advertiseMs !== advertiseMs;
    const addresses = !this.#hasAddresses(advertisement.addresses);
    if (version === 2) {
      if (!this.#hasPassword(advertisement.authentication)) return drops.authentication;
      if (interval) return drops['other-interval'];
      if (addresses && advertisement.priority !== PRIORITY_OWNER) return drops['other-addresses'];
    }
    if (interval) return addresses ? bothDiffer : otherInterval;
    return addresses ? otherAddresses : same;
  }

  /** In any order. */
  #hasAddresses(addresses: readonly string[]): boolean {
    if (addresses.length !== this.#addresses.length) return false;
    return this.#addresses.every((address) => addresses.includes(address));
  }

  #hasPassword(authentication: Uint8Array | null): boolean {
    const own = this.#authentication;
    if (own === null || authentication === null) return own === authentication;
    return own.every((byte, index) => byte === authentication[index]);
  }
}

/** As `decodeAdvertisement` writes it. */
function canonical(address: string): string {
  const bytes = parseAddress(address);
  if (bytes === null)
    throw new CodecError({
      what: 'address',
      offset: 0,
      expected: 'an address',
      got: JSON.stringify(address),
    });
  return formatAddress(bytes, 0, bytes.length === 4 ? 'ipv4' : 'ipv6');
}
