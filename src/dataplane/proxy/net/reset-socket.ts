/** Ends a socket with RST where the runtime can. */
import type { Socket } from 'node:net';

/**
 * Closes at once, so that the peer sees a reset and never takes a cut-off stream for a whole one.
 *
 * While a FIN waits behind unsent bytes libuv refuses to reset (and Node would leak the descriptor), so the
 * socket is only destroyed then.
 */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return;
  const finWaits = socket.writableEnded && !socket.writableFinished;
  if (socket.connecting || finWaits) socket.destroy();
  else socket.resetAndDestroy();
}
