/** One UDP socket for one probe: closed when the probe has ended, or at once when it is aborted. */
import type { Socket } from 'node:dgram';

/** What has come over a socket that is connected, one datagram after the other. */
export interface Datagrams {
  send(data: Uint8Array): void;
  /**
   * The next datagram.
   *
   * @throws the socket's error: `ECONNREFUSED` when the other host said that nobody listens; the abort's reason
   */
  next(): Promise<Buffer>;
}

/** More datagrams that nobody has asked for yet are dropped: a server that floods fills no memory. */
const MOST_WAITING = 16;

/**
 * Lends the socket to `use` when it is connected, closes it afterwards or when `signal` aborts, and waits until it is closed.
 *
 * @throws what `use` throws
 */
export async function withDatagrams<T>(
  socket: Socket,
  signal: AbortSignal,
  use: (datagrams: Datagrams) => Promise<T>,
): Promise<T> {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const inbox = new Inbox(socket);
  const abort = (): void => inbox.fail(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    await inbox.connected;
    return await use(inbox);
  } finally {
    signal.removeEventListener('abort', abort);
    socket.close();
    await closed;
  }
}

class Inbox implements Datagrams {
  readonly connected: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting: Buffer[] = [];
  #failed: { readonly error: unknown } | null = null;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (datagram) => {
      if (this.#waiting.length < MOST_WAITING) this.#waiting.push(datagram);
      this.#wake();
    });
    socket.on('error', (error) => this.fail(error));
    let isConnected = false;
    socket.once('connect', () => {
      isConnected = true;
      this.#wake();
    });
    this.connected = this.#until(() => isConnected || null).then(() => undefined);
  }

  fail(error: unknown): void {
    this.#failed ??= { error };
    this.#wake();
  }

  send(data: Uint8Array): void {
    this.#socket.send(data, (error) => {
      if (error !== null) this.fail(error);
    });
  }

  next(): Promise<Buffer> {
    return this.#until(() => this.#waiting.shift() ?? null);
  }

  /** What has come goes before what went wrong afterwards. */
  #until<T>(take: () => T | null): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const taken = take();
        if (taken !== null) resolve(taken);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the abort's reason is an Error
        else if (this.#failed !== null) reject(this.#failed.error);
      };
      this.#wake = look;
      look();
    });
  }
}
