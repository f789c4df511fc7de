/** One connection for one probe, in TLS where the check says so. */
import type { Socket } from 'node:net';
import type { ProbeSockets, ProbeTarget } from '../net/sockets.js';
import { during } from './failure.js';
import type { TlsUpgrade } from './secure.js';
import { connected, withSocket } from './socket.js';

/** Where to, and how. */
export interface ProbeConnection {
  readonly sockets: ProbeSockets;
  readonly target: ProbeTarget;
  /** null = without TLS. */
  readonly upgrade: TlsUpgrade | null;
}

/**
 * Connects, lends the connection to `talk`, and closes it afterwards or when `signal` aborts.
 *
 * @param askForTls called with the connection before TLS begins, by protocols in which the server has to agree
 * @throws Error that names the phase: connect, TLS; what `askForTls` and `talk` throw
 */
export async function overConnection<T>(
  { sockets, target, upgrade }: ProbeConnection,
  signal: AbortSignal,
  talk: (socket: Socket) => Promise<T>,
  askForTls?: (socket: Socket) => Promise<void>,
): Promise<T> {
  return await withSocket(sockets.connect(target), signal, async (socket) => {
    await during('connect', connected(socket));
    if (upgrade === null) return await talk(socket);
    await askForTls?.(socket);
    return await upgrade.over(socket, target.address, signal, talk);
  });
}
