/** The side of a service manager: a bound datagram socket. */
import { AF_UNIX, SOCK_DGRAM } from '../../native/libc/constants.js';
import { unixAddress } from '../../native/libc/notify.js';
import { Socket } from '../../native/libc/socket.js';

const buffer = new Uint8Array(8192);

export class NotifyReceiver {
  readonly #unread: string[] = [];
  readonly #socket = Socket.open(AF_UNIX, SOCK_DGRAM, 0, 'service manager');

  /** @param name as in NOTIFY_SOCKET: a path, or `@` and an abstract name */
  constructor(name: string) {
    const address = unixAddress(name);
    if (address === null) throw new Error(`no address: ${name}`);
    this.#socket.bind(address);
  }

  /** All messages that have come since the last call. */
  read(): string[] {
    this.#receive();
    return this.#unread.splice(0);
  }

  /** The next message that matches, and those before it that do not; the event loop goes on meanwhile. */
  async until(pattern: RegExp): Promise<string[]> {
    const found: string[] = [];
    for (;;) {
      const message = this.#unread.shift();
      if (message === undefined) await this.#readable();
      else {
        found.push(message);
        if (pattern.test(message)) return found;
      }
    }
  }

  /** May be called twice. */
  close(): void {
    this.#socket.close();
  }

  #receive(): void {
    for (;;) {
      const received = this.#socket.receive(buffer);
      if (received === null) return;
      this.#unread.push(Buffer.from(buffer.subarray(0, received.length)).toString('utf8'));
    }
  }

  #readable(): Promise<void> {
    return new Promise((resolve) => {
      const end = this.#socket.watchReadable(() => {
        end();
        this.#receive();
        resolve();
      });
    });
  }
}
