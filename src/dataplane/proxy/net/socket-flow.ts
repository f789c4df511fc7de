/** The flow of an accepted socket. Addresses are asked of the kernel only when somebody reads them. */
import type { Socket } from 'node:net';
import type { Flow } from '../../../../schedulers/types.js';
import { isWildcard } from '../../../base/ip.js';
import type { Endpoint } from '../endpoints.js';

/** rr, wrr, wlc and the like never look at addresses, and each costs a system call and a string. */
export class SocketFlow implements Flow {
  readonly protocol = 'tcp';
  readonly #socket: Socket;
  readonly #endpoint: Endpoint;

  constructor(socket: Socket, endpoint: Endpoint) {
    this.#socket = socket;
    this.#endpoint = endpoint;
  }

  get family(): 4 | 6 {
    return this.#endpoint.family;
  }

  get source(): string {
    return this.#known(this.#socket.remoteAddress);
  }

  get sourcePort(): number {
    return this.#socket.remotePort ?? 0;
  }

  get destination(): string {
    const { address } = this.#endpoint;
    return isWildcard(address) ? this.#known(this.#socket.localAddress) : address;
  }

  get destinationPort(): number {
    return this.#endpoint.port;
  }

  // A client that is gone has no address any more; a link-local one carries a zone, which is no part of it.
  #known(address: string | undefined): string {
    if (address === undefined) return this.family === 6 ? '::' : '0.0.0.0';
    const zone = address.indexOf('%');
    return zone < 0 ? address : address.slice(0, zone);
  }
}
