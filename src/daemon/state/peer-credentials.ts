/** Which process is at the other end of one of Node's unix sockets. */
import type { Socket } from 'node:net';
import type { PeerCredentials } from '../../../native/libc/peer-credentials.js';

export type { PeerCredentials };

/** The process at the other end as the kernel vouches for it; null where it does not. */
export type PeerOf = (socket: Socket) => PeerCredentials | null;

/**
 * Makes the function that asks; on a system without SO_PEERCRED it answers null always.
 *
 * Never rejects. The C library is loaded here, not at the start of every program.
 */
export async function loadPeerOf(): Promise<PeerOf> {
  try {
    const { peerCredentials } = await import('../../../native/libc/peer-credentials.js');
    return (socket) => {
      const fd = descriptorOf(socket);
      return fd === null ? null : peerCredentials(fd);
    };
  } catch {
    return () => null;
  }
}

/** Node has the descriptor in a handle that its types do not know. */
function descriptorOf(socket: Socket): number | null {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: unknown } | null };
  const fd = handle?.fd;
  return typeof fd === 'number' && fd >= 0 ? fd : null;
}
