/**
 * Which service and server a connection belongs to. The kernel lists addresses alone, so they are looked for in the table
 * as the kernel itself looked when the connection came; a mark that a packet had is not known any more. Pure.
 */
import type { IpvsDestinationKey, IpvsServiceKey } from '../../../native/ipvs/types.js';
import type { IpvsConnection } from '../../../native/proc/connections.js';
import { formatEndpoint } from '../../base/ip.js';
import type { ServerKey, ServiceKey } from '../../model/keys.js';
import { canonicalAddress, fromIpvsDestinationKey, fromIpvsServiceKey } from './convert-keys.js';
import type { MatchMarks } from './match-marks.js';

export interface ConnectionOwner {
  readonly service: ServiceKey;
  readonly server: ServerKey;
}

const FTP_PORT = 21;

/** Servers of one service, and whether one of them takes any port. */
class ServerSet {
  readonly #keys: ReadonlySet<ServerKey>;

  constructor(servers: readonly IpvsDestinationKey[]) {
    this.#keys = new Set(servers.map(fromIpvsDestinationKey));
  }

  /** The server that the connection goes to: of this port, else of every port, which keeps the client's; or null. */
  find(address: string, port: number, virtualPort: number): ServerKey | null {
    const exact = formatEndpoint(address, port) as ServerKey;
    if (this.#keys.has(exact)) return exact;
    const anyPort = formatEndpoint(address, 0) as ServerKey;
    return port === virtualPort && this.#keys.has(anyPort) ? anyPort : null;
  }

  /** As `find`, and whatever its port else: data connections of FTP have ports of their own. */
  findByAddress(address: string): ServerKey | null {
    const start = formatEndpoint(address, 0).slice(0, -1);
    for (const key of this.#keys) if (key.startsWith(start)) return key;
    return null;
  }
}

/** The services of one look at the table. */
export class ConnectionOwners {
  readonly #byAddress = new Map<ServiceKey, ServerSet>();
  readonly #byMark: { readonly key: ServiceKey; readonly servers: ServerSet }[] = [];
  readonly #marks: MatchMarks;

  constructor(marks: MatchMarks) {
    this.#marks = marks;
  }

  /** Takes in a service of the table with its servers. */
  add(service: IpvsServiceKey, servers: readonly IpvsDestinationKey[]): void {
    const { key } = fromIpvsServiceKey(service, this.#marks);
    if ('fwmark' in service) this.#byMark.push({ key, servers: new ServerSet(servers) });
    else this.#byAddress.set(key, new ServerSet(servers));
  }

  /**
   * The owner of a connection.
   *
   * First the service of its own address and port that has its server, then that of every port, of a mark, of FTP. Where
   * none has the server any more, the service of its address; where there is none, the key that it would have.
   */
  ownerOf({ protocol, virtual, destination }: IpvsConnection): ConnectionOwner {
    const address = canonicalAddress(destination.address);
    const server = formatEndpoint(address, destination.port) as ServerKey;
    const prefix = `${protocol.toLowerCase()}:`;
    const exact = this.#keyAt(prefix, virtual.address, virtual.port);
    const anyPort = this.#keyAt(prefix, virtual.address, 0);
    const found = (service: ServiceKey): ConnectionOwner | null => {
      const key = this.#byAddress.get(service)?.find(address, destination.port, virtual.port) ?? null;
      return key && { service, server: key };
    };
    return (
      found(exact) ??
      found(anyPort) ??
      this.#marked(address, destination.port, virtual.port) ??
      this.#ofFtp(this.#keyAt(prefix, virtual.address, FTP_PORT), address, protocol) ?? {
        service: !this.#byAddress.has(exact) && this.#byAddress.has(anyPort) ? anyPort : exact,
        server,
      }
    );
  }

  #keyAt(prefix: string, address: string, port: number): ServiceKey {
    return `${prefix}${formatEndpoint(canonicalAddress(address), port)}` as ServiceKey;
  }

  /** Of several marks that lead to one server, the first: the kernel does not keep which it was. */
  #marked(address: string, port: number, virtualPort: number): ConnectionOwner | null {
    for (const { key, servers } of this.#byMark) {
      const server = servers.find(address, port, virtualPort);
      if (server !== null) return { service: key, server };
    }
    return null;
  }

  #ofFtp(service: ServiceKey, address: string, protocol: string): ConnectionOwner | null {
    if (protocol !== 'TCP') return null;
    const server = this.#byAddress.get(service)?.findByAddress(address) ?? null;
    return server && { service, server };
  }
}
