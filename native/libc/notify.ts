/**
 * Datagrams to the service manager, sd_notify(3)'s protocol: lines `NAME=value` to the unix socket of `NOTIFY_SOCKET`.
 * What to tell, and when, is the caller's.
 */
import { AF_UNIX, SOCK_DGRAM, UNIX_PATH_MAX } from './constants.js';
import { SyscallError } from './errno.js';
import { Socket } from './socket.js';

/** Why a message did not arrive. A manager that is gone is no fault of the one that speaks, so this is no error. */
export interface NotifyFailure {
  /** `notify /run/systemd/notify: ECONNREFUSED`. */
  readonly message: string;
  /** The manager has not read what it has: the same message may pass later. */
  readonly retryable: boolean;
}

/** Where a message goes: the name for people, and the sockaddr. */
interface Destination {
  readonly name: string;
  readonly address: Uint8Array;
}

/**
 * Sends messages to the manager that `NOTIFY_SOCKET` names. Nothing waits: a full queue is a failure that may be retried.
 *
 * @see sd_notify(3), unix(7)
 */
export class NotifySocket {
  readonly #destination: Destination;
  readonly #socket: Socket;

  private constructor(destination: Destination, socket: Socket) {
    this.#destination = destination;
    this.#socket = socket;
  }

  /**
   * @param name an absolute path, or `@` and an abstract name; at most 108 bytes. `vsock:` addresses are not taken.
   * @returns a failure in words when the name is none of these, or when there can be no socket. Never throws.
   */
  static open(name: string): NotifySocket | NotifyFailure {
    const address = unixAddress(name);
    if (address === null) {
      const reason = 'neither an absolute path nor @ and an abstract name, of at most 108 bytes';
      return { message: `notify ${name}: ${reason}`, retryable: false };
    }
    try {
      return new NotifySocket({ name, address }, Socket.open(AF_UNIX, SOCK_DGRAM, 0, 'notify socket'));
    } catch (error) {
      return failureOf(name, error);
    }
  }

  /**
   * Sends one message.
   *
   * @param lines `NAME=value`, without line breaks
   * @returns null when the manager has it in its queue. Never throws for what the system says.
   */
  send(lines: readonly string[]): NotifyFailure | null {
    try {
      this.#socket.send(new TextEncoder().encode(lines.join('\n')), this.#destination.address);
      return null;
    } catch (error) {
      return failureOf(this.#destination.name, error);
    }
  }

  /** CLOCK_MONOTONIC, the clock of `MONOTONIC_USEC`. Never throws. */
  monotonicUsec(): bigint {
    return process.hrtime.bigint() / 1000n;
  }

  /** May be called twice. Never throws. */
  close(): void {
    this.#socket.close();
  }
}

/**
 * Writes a `sockaddr_un`: family u16 in host order, then the path, or NUL and the abstract name without a NUL at its end.
 *
 * @returns null for a name that is neither, or that is too long. Never throws.
 * @see unix(7)
 */
export function unixAddress(name: string): Uint8Array | null {
  const bytes = new TextEncoder().encode(name);
  const isPath = name.startsWith('/');
  const isAbstract = name.startsWith('@');
  if ((!isPath && !isAbstract) || bytes.length < 2 || bytes.length > UNIX_PATH_MAX) return null;
  const address = new Uint8Array(2 + bytes.length);
  new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX;
  address.set(bytes, 2);
  if (isAbstract) address[2] = 0;
  return address;
}

function failureOf(name: string, error: unknown): NotifyFailure {
  if (!(error instanceof SyscallError)) throw error;
  const { syscall, errno } = error.details;
  const retryable = errno === 'EAGAIN' || errno === 'ENOBUFS';
  return { message: `notify ${name}: ${syscall}: ${errno}`, retryable };
}
