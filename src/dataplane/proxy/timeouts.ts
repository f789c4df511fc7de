/** How long the plane remembers and waits; one mutable holder is shared by everything that reads them. */

/** Milliseconds throughout. */
export interface ProxyTimeouts {
  /** Idle limit of an established TCP connection; null = none. */
  readonly tcpMs: number | null;
  /** Idle limit once one side has closed, and how long a closed connection still counts as inactive. */
  readonly tcpFinMs: number;
  /** Idle limit of a UDP session. */
  readonly udpMs: number;
}

/** The kernel's values, but no idle limit on established TCP. */
export const defaultTimeouts: ProxyTimeouts = { tcpMs: null, tcpFinMs: 120_000, udpMs: 300_000 };

/** How long a reset connection counts as inactive: the kernel's CLOSE state. */
export const RESET_REMEMBERED_MS = 10_000;
