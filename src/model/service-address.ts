/** What clients address: the part of a service that is its identity. */
import type { Family } from '../base/ip.js';

export type Protocol = 'tcp' | 'udp' | 'sctp';

/** One address and an inclusive range of ports. */
export interface MatchRule {
  readonly family: Family;
  /** Canonical text without brackets; `0.0.0.0` and `::` are wildcards. */
  readonly address: string;
  readonly protocol: Protocol;
  readonly firstPort: number;
  readonly lastPort: number;
}

/** What clients address. */
export type ServiceAddress =
  | {
      readonly kind: 'address';
      readonly family: Family;
      readonly address: string;
      /** 1..65535, or 0 for every port (kernel plane only, needs persistence). */
      readonly port: number;
      readonly protocol: Protocol;
    }
  /** A mark that somebody else's firewall rules set. */
  | { readonly kind: 'fwmark'; readonly family: Family; readonly mark: number; readonly protocol: Protocol }
  /** Several addresses or port ranges as one service; all of one family. */
  | {
      readonly kind: 'match';
      readonly family: Family;
      readonly protocol: Protocol;
      readonly rules: readonly MatchRule[];
    };
