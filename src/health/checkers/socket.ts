/**
 * One socket for one probe. net would leave a connect that nobody answers open until the kernel gives up (about two
 * minutes); here the abort closes it at once, and a probe has ended only when its descriptor is closed.
 */
import type { Socket } from 'node:net';
import { abortReason } from '../../base/abort.js';

/** By a socket, the one that speaks over it: TLS. */
const covers = new WeakMap<Socket, Socket>();

/** An abort ends `above` first, so that who uses that hears the abort's reason and not just of a closed connection. */
export function cover(below: Socket, above: Socket): void {
  covers.set(below, above);
}

/**
 * Lends the socket to `use`, destroys it afterwards or when `signal` aborts, and waits until it is closed.
 *
 * `use` then rejects through the socket's error, which is the abort's reason.
 * @throws what `use` throws
 */
export async function withSocket<T extends Socket, Result>(
  socket: T,
  signal: AbortSignal,
  use: (socket: T) => Promise<Result>,
): Promise<Result> {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  // `use` hears of errors by its own listeners; one that comes after the outcome is known changes nothing.
  socket.on('error', ignored);
  const abort = (): void => void (covers.get(socket) ?? socket).destroy(abortReason(signal));
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await use(socket);
  } finally {
    signal.removeEventListener('abort', abort);
    // destroy sends FIN: the server sees an orderly end, not a reset that would fill its log at every probe.
    socket.destroy();
    await closed;
  }
}

/**
 * Waits until the socket is connected to somebody else.
 *
 * Connecting to a closed port of this host's ephemeral range can, by TCP's simultaneous open, connect to itself when
 * the kernel happens to choose that very port as the source: that is no server.
 * @throws the socket's error
 */
export async function connected(socket: Socket): Promise<void> {
  await reached(socket, 'connect');
  if (socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress)
    throw new Error('connected to itself');
}

/**
 * Waits until the socket emits `event`.
 *
 * @throws the socket's error, or "connection closed" when it ended without one
 */
export function reached(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const silence = (): Socket => socket.off(event, onEvent).off('error', onError).off('close', onClose);
    const onEvent = (): void => {
      silence();
      resolve();
    };
    const onError = (error: Error): void => {
      silence();
      reject(error);
    };
    const onClose = (): void => onError(new Error('connection closed'));
    socket.on(event, onEvent).on('error', onError).on('close', onClose);
  });
}

const ignored = (): void => undefined;
