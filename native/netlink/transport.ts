/**
 * The native seam: a datagram. The real socket and the scripted kernel of the tests satisfy the same three methods, so
 * everything above is tested on bytes.
 */
export interface Transport {
  /**
   * Sends one datagram of one or more netlink messages; the kernel has run them when this returns.
   *
   * @throws SyscallError
   */
  send(datagram: Uint8Array): void;
  /**
   * Gives the next datagram. The bytes are a view that holds until the next call: copy what must live longer.
   *
   * @param waitMs how long to block for it; 0 takes what is there
   * @returns null when none came in time
   * @throws SyscallError; `ENOBUFS` once when answers were lost, after which what is left can still be read
   */
  receive(waitMs: number): Uint8Array | null;
  /** May be called twice. Never throws. */
  close(): void;
}
