/** The native seam: a datagram. The real socket and the scripted kernel of the tests satisfy the same three methods. */
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
   * @throws SyscallError; `ENOBUFS` when answers were lost, `ETIMEDOUT` when none came in time
   */
  receive(): Uint8Array;
  /** May be called twice. Never throws. */
  close(): void;
}
