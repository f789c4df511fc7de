/** Opens the socket of an ICMP probe, by the kernel's interface, which is loaded when a file has such a check. */
import type { SyscallError } from '../../../native/libc/errno.js';
import type { Socket } from '../../../native/libc/socket.js';

/** An echo reply. */
export interface EchoReply {
  /** 0..65535 */
  readonly sequence: number;
  /** Holds until the next `receive`. */
  readonly payload: Uint8Array;
}

/** A socket for echo requests to one host and for its replies. */
export interface Ping {
  /** @throws SyscallError, also for an ICMP error that has come in */
  send(sequence: number, payload: Uint8Array): void;
  /** Null when nothing has come. @throws SyscallError as `send` */
  receive(): EchoReply | null;
  onReadable(callback: () => void): void;
  /** May be called twice. */
  close(): void;
}

/** Neither kind of socket that can ping is permitted to this process. */
export class PingNotPermitted extends Error {}

/** @throws PingNotPermitted; SyscallError */
export async function openPing(
  address: string,
  identifier: number,
  prepare: (socket: Socket) => void = () => undefined,
): Promise<Ping> {
  const { PingSocket } = await import('../../../native/icmp/ping-socket.js');
  try {
    return PingSocket.open(address, identifier, prepare);
  } catch (error) {
    if (!isPermission(error)) throw error;
    throw new PingNotPermitted(
      'no ping socket is permitted, nor a raw one: give the director CAP_NET_RAW, or its group a place in net.ipv4.ping_group_range',
      { cause: error },
    );
  }
}

function isPermission(error: unknown): boolean {
  const errno = (error as Partial<SyscallError>).details?.errno;
  return errno === 'EPERM' || errno === 'EACCES';
}
