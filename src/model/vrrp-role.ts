/** What an instance of VRRP is at the moment, as `lvsd-vrrp` tells it. @see RFC 9568 section 6.4 */

/** `fault` is `initialize` held by a condition: its interface is down, or nobody vouches for the services. */
export type VrrpState = 'initialize' | 'backup' | 'active' | 'fault';

export const VRRP_STATES: readonly VrrpState[] = ['initialize', 'backup', 'active', 'fault'];

/** One instance, its role and its account. */
export interface VrrpRole {
  /** Its name. */
  readonly instance: string;
  readonly state: VrrpState;
  /** Wall clock, when it became so, ms. */
  readonly sinceMs: number;
  /** Why, for people. */
  readonly reason: string;
  /** 0..255, with which it stands for election now. */
  readonly priority: number;
  /** An operator gave it to another director: it does not take it back while that one has it. */
  readonly released: boolean;
  /** The director that was heard to be active last; null before one was, and while this one is. */
  readonly peer: VrrpPeer | null;
  /** The addresses of the instance that this director has now, canonical text. */
  readonly held: readonly string[];
  /** The further ones to other directors, in the order of the file, then its own one to each of them that was heard. */
  readonly lines: readonly VrrpLine[];
  /** By name, from the start of `lvsd-vrrp` on: what was sent, heard and dropped. */
  readonly counters: Readonly<Record<string, number>>;
}

export interface VrrpPeer {
  readonly address: string;
  /** 0..255 */
  readonly priority: number;
}

/** `unknown` = nothing was heard there yet, and it is too early to miss it. */
export type LineState = 'heard' | 'silent' | 'unknown';

export const LINE_STATES: readonly LineState[] = ['heard', 'silent', 'unknown'];

/** A line to one other director. */
export interface VrrpLine {
  readonly interface: string;
  /** Its address there. */
  readonly peer: string;
  readonly state: LineState;
  /** Why, for people. */
  readonly reason: string;
  /** Wall clock, ms. */
  readonly sinceMs: number;
}
