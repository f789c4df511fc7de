/** Ends a socket with RST where that tells the peer the truth. */
import type { Socket } from 'node:net';

/**
 * Closes at once, so that the peer sees a reset and never takes a cut-off stream for a whole one.
 *
 * A stream whose end is with the kernel already is whole: a reset would throw away what the peer has not taken yet,
 * so such a socket is only closed. (libuv would refuse the reset while the end is on its way, and Node then leaks
 * the descriptor.)
 */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return;
  const whole = socket.writableEnded && socket.writableLength === 0;
  if (whole || socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}
