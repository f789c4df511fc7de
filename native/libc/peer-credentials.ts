/** Who is at the other end of a unix socket, as the kernel vouches for it. */
import { endianness } from 'node:os';
import { getsockopt } from './binding.js';
import { SO_PEERCRED, SOL_SOCKET } from './constants.js';

/** `struct ucred`, as the ids are in this process's namespaces. */
export interface PeerCredentials {
  /** 0 when the process is of another pid namespace. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** `-1` as an unsigned id: nobody. */
const NO_ID = 0xffff_ffff;
const UCRED_BYTES = 12;
const littleEndian = endianness() === 'LE';

/**
 * Gives the process that connected, for an accepted socket, or the one that listens, for a connected socket.
 *
 * It is the process at that moment: it may have ended or passed the socket on since.
 *
 * @param fd a descriptor that stays open during the call
 * @returns null for what is no connected unix socket. Never throws.
 * @see unix(7), SO_PEERCRED
 */
export function peerCredentials(fd: number): PeerCredentials | null {
  const ucred = new DataView(new ArrayBuffer(UCRED_BYTES));
  const length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, UCRED_BYTES, littleEndian);
  const result = getsockopt(
    fd,
    SOL_SOCKET,
    SO_PEERCRED,
    new Uint8Array(ucred.buffer),
    new Uint8Array(length.buffer),
  );
  if (result === -1 || length.getUint32(0, littleEndian) !== UCRED_BYTES) return null;
  const uid = ucred.getUint32(4, littleEndian);
  if (uid === NO_ID) return null;
  return { pid: ucred.getInt32(0, littleEndian), uid, gid: ucred.getUint32(8, littleEndian) };
}
