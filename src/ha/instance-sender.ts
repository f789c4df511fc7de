/** The advertisements of one instance as bytes that are made once, and sent to the group or to every peer. */
import type { VrrpInstance } from '../model/vrrp-instance.js';
import { encodeAdvertisement, encodePassword, VRRP_GROUP } from '../../native/vrrp/packet.js';
import type { SendFailure } from '../../native/vrrp/socket.js';
import { addressFamily, type Line } from './advertisement-line.js';
import type { AdvertisementSender } from './instance-seams.js';

interface Packet {
  readonly bytes: Uint8Array;
  readonly destination: string;
}

/** Made anew when the configuration or the source changes. */
export class InstanceSender implements AdvertisementSender {
  readonly #config: VrrpInstance;
  readonly #source: string;
  readonly #line: Line;
  /** By priority: the own one, and 0. */
  readonly #packets = new Map<number, readonly Packet[]>();

  constructor(config: VrrpInstance, source: string, line: Line) {
    this.#config = config;
    this.#source = source;
    this.#line = line;
  }

  send(priority: number): boolean {
    let failure: SendFailure | null = null;
    for (const { bytes, destination } of this.#packetsOf(priority))
      failure = this.#line.send(bytes, destination) ?? failure;
    if (failure === null) return true;
    if (failure.reason === 'busy') return false;
    throw failure.cause;
  }

  #packetsOf(priority: number): readonly Packet[] {
    const known = this.#packets.get(priority);
    if (known !== undefined) return known;
    const packets = this.#encode(priority);
    this.#packets.set(priority, packets);
    return packets;
  }

  #encode(priority: number): readonly Packet[] {
    const { version, vrid, advertiseMs, password, checksum, peers } = this.#config;
    const family = addressFamily(this.#config.family);
    const advertisement = {
      version,
      vrid,
      priority,
      advertiseMs,
      addresses: advertisedAddresses(this.#config),
      authentication: password === null ? null : encodePassword(password),
    };
    const destinations = peers.length > 0 ? peers : [VRRP_GROUP[family]];
    return destinations.map((destination) => ({
      bytes: encodeAdvertisement(advertisement, { family, source: this.#source, destination }, checksum),
      destination,
    }));
  }
}

/** Those of the instance's own family, in the order of the file; the others move with them without being told. */
export function advertisedAddresses({ addresses, family }: VrrpInstance): readonly string[] {
  return addresses
    .map(({ address }) => address)
    .filter((address) => address.includes(':') === (family === 6));
}
