/** Asks from a port of our own choice, which this host's other connections may have. */
import type { SyscallError } from '../../../native/libc/errno.js';
import type { ProbeResult } from '../types.js';
import type { ProbeSockets } from './sockets.js';

/** The kernel gives outgoing connections every other port first, so that the next one is mostly free. */
const MOST_TRIES = 16;

/**
 * Asks from the next port until one is free: also one whose connection has ended counts as used for a minute.
 *
 * @param next null: there is none, and what `ask` said last holds
 * @param ask asks once by sockets from this port
 * @returns null when there was no port at all
 */
export async function askFromFreePort(
  next: () => number | null,
  openSockets: (port: number) => Promise<ProbeSockets>,
  ask: (sockets: ProbeSockets) => Promise<ProbeResult>,
): Promise<ProbeResult | null> {
  let result: ProbeResult | null = null;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const port = next();
    if (port === null) return result;
    let isUsed = false as boolean;
    const sockets = await openSockets(port);
    const look = (error: unknown): void => {
      isUsed ||= saysUsed(error);
    };
    result = await ask({
      ...sockets,
      connect: (target) => sockets.connect(target).once('error', look),
      datagram: (target) => {
        try {
          return sockets.datagram(target).once('error', look);
        } catch (error) {
          look(error);
          throw error;
        }
      },
    });
    if (!isUsed || result.ok !== null) return result;
  }
  return result;
}

/** Node's error, or the system call's own. */
function saysUsed(error: unknown): boolean {
  const { code, details } = error as { code?: unknown; details?: Partial<SyscallError['details']> };
  return code === 'EADDRINUSE' || details?.errno === 'EADDRINUSE';
}
