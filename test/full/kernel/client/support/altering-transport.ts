/** The kernel's own socket with a hand on the wire: for requests that no client sends, and for what happens between two answers. */
import { NETLINK_GENERIC } from '../../../../../native/netlink/constants.js';
import { SocketTransport } from '../../../../../native/netlink/socket-transport.js';
import type { Transport } from '../../../../../native/netlink/transport.js';

export class AlteringTransport implements Transport {
  readonly #transport = SocketTransport.open(NETLINK_GENERIC);
  /** Changes a datagram in place before it is sent. */
  onSend: (datagram: Uint8Array) => void = () => undefined;
  /** Is told how many answers were received since `send` before the next one is. */
  onReceive: (received: number) => void = () => undefined;
  /** Datagrams sent, ever. */
  sent = 0;
  #received = 0;

  send(datagram: Uint8Array): void {
    this.onSend(datagram);
    this.sent++;
    this.#received = 0;
    this.#transport.send(datagram);
  }

  receive(waitMs: number): Uint8Array | null {
    this.onReceive(this.#received);
    const datagram = this.#transport.receive(waitMs);
    if (datagram !== null) this.#received++;
    return datagram;
  }

  close(): void {
    this.#transport.close();
  }
}
