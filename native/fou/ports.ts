/** UDP ports for packets within UDP (GUE and plain): list, add, delete. Every network namespace has its own. */
import { listFamilies, resolveFamily } from '../genetlink/family.js';
import { NetlinkConnection } from '../netlink/connection.js';
import { NETLINK_GENERIC } from '../netlink/constants.js';
import { NetlinkError } from '../netlink/errors.js';
import type { NetlinkRequest } from '../netlink/request.js';
import { SocketTransport } from '../netlink/socket-transport.js';
import type { Writer } from '../netlink/writer.js';
import { FOU_GENL_NAME } from './constants.js';
import { decodePort, encodePort, encodePortKey, encodePortQuery } from './port-codec.js';
import type { FouPort, FouPortKey } from './types.js';

/**
 * Opens the family in this thread's network namespace; the kernel tries to load its module first.
 *
 * @returns null when the kernel has no such family
 * @throws NetlinkError; CodecError; SyscallError
 */
export function openFouPorts(): FouPorts | null {
  const connection = new NetlinkConnection(SocketTransport.open(NETLINK_GENERIC));
  try {
    const ports = FouPorts.connect(connection);
    if (ports === null) connection.close();
    return ports;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Tells whether the kernel has the family at this moment, without loading its module. @throws as `openFouPorts` */
export function hasFouPorts(): boolean {
  const connection = new NetlinkConnection(SocketTransport.open(NETLINK_GENERIC));
  try {
    return listFamilies(connection).includes(FOU_GENL_NAME);
  } finally {
    connection.close();
  }
}

/**
 * The ports of one network namespace.
 *
 * Errors: NetlinkError with the kernel's errno (`EPERM` without CAP_NET_ADMIN, `EADDRINUSE` where a socket has the port,
 * `EALREADY` where it is open for packets already); CodecError for a number that fits no message; SyscallError when the socket fails.
 *
 * @see net/ipv4/fou.c (fou_nl_ops)
 */
export class FouPorts {
  readonly #connection: NetlinkConnection;
  readonly #family: number;

  private constructor(connection: NetlinkConnection, family: number) {
    this.#connection = connection;
    this.#family = family;
  }

  /** Over a given connection, which it owns unless this gives null or throws. */
  static connect(connection: NetlinkConnection): FouPorts | null {
    const family = resolveFamily(connection, FOU_GENL_NAME);
    return family === null ? null : new FouPorts(connection, family.id);
  }

  /** Gives the ports that are open. */
  list(): FouPort[] {
    const ports = this.#connection.dump(this.#request('list fou ports', encodePortQuery), decodePort);
    return ports.filter((port) => port !== null);
  }

  add(port: FouPort): void {
    this.#change(`add fou port ${formatFouPort(port)}`, (writer) => encodePort(writer, port));
  }

  /** Deletes a port; one that is not there is no error. */
  delete(key: FouPortKey): void {
    try {
      this.#change(`delete fou port ${formatFouPort(key)}`, (writer) => encodePortKey(writer, key));
    } catch (error) {
      // the kernel says EINVAL for a port that is not there
      if (!(error instanceof NetlinkError) || error.details.errno !== 'EINVAL') throw error;
      if (this.list().some(({ family, port }) => family === key.family && port === key.port)) throw error;
    }
  }

  /** May be called twice. */
  close(): void {
    this.#connection.close();
  }

  #change(operation: string, encode: (writer: Writer) => void): void {
    this.#connection.request(this.#request(operation, encode), () => null);
  }

  #request(operation: string, encode: (writer: Writer) => void): NetlinkRequest {
    return { operation, type: this.#family, encode };
  }
}

/** `ipv4 5555`. Never throws. */
export function formatFouPort({ family, port }: FouPortKey): string {
  return `${family} ${port}`;
}
