/** The side of a service manager: a bound datagram socket that is read when a test wants. */
import { AF_UNIX, SOCK_DGRAM } from '../../native/libc/constants.js';
import { unixAddress } from '../../native/libc/notify.js';
import { Socket } from '../../native/libc/socket.js';

const buffer = new Uint8Array(8192);

export class NotifyReceiver {
  readonly #socket = Socket.open(AF_UNIX, SOCK_DGRAM, 0, 'service manager');

  /** @param name as in NOTIFY_SOCKET: a path, or `@` and an abstract name */
  constructor(name: string) {
    const address = unixAddress(name);
    if (address === null) throw new Error(`no address: ${name}`);
    this.#socket.bind(address);
  }

  /** All messages that have come since the last call. */
  read(): string[] {
    const messages: string[] = [];
    for (;;) {
      const received = this.#socket.receive(buffer);
      if (received === null) return messages;
      messages.push(Buffer.from(buffer.subarray(0, received.length)).toString('utf8'));
    }
  }

  /** Waits for the next messages; blocks the thread. @returns none when the time is over */
  wait(timeoutMs: number): string[] {
    return this.#socket.waitReadable(timeoutMs) ? this.read() : [];
  }

  /** May be called twice. */
  close(): void {
    this.#socket.close();
  }
}
