/** Packet filter rules in one form, whichever program printed them. */

export type HookName = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

/** A packet, as far as it is known; what is left out may be anything. */
export interface Packet {
  readonly family: 4 | 6;
  readonly protocol: string;
  readonly source?: string;
  readonly sourcePort?: number;
  readonly destination?: string;
  readonly destinationPort?: number;
  readonly input?: string;
  readonly output?: string;
  readonly mark?: number;
  /** Of connection tracking. */
  readonly state?: 'new' | 'established' | 'invalid' | 'untracked';
}

/** Whether a packet is meant by one condition of a rule; null where that cannot be told. */
export type Condition = (packet: Packet) => boolean | null;

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'translate' | 'none' }
  /** Something that nobody here can follow: it may end the packet's way. */
  | { readonly kind: 'unknown' }
  /** Null where the mark is computed. */
  | { readonly kind: 'mark'; readonly mark: number | null }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

export interface FirewallRule {
  /** As the program prints it. */
  readonly text: string;
  readonly conditions: readonly Condition[];
  readonly verdict: Verdict;
  /** The source is translated: answers come back to this host whatever the route of who answers. */
  readonly rewritesSource: boolean;
}

export interface FirewallChain {
  readonly name: string;
  readonly rules: readonly FirewallRule[];
  /** Null for a chain that is only jumped to. */
  readonly base: {
    readonly hook: HookName;
    readonly priority: number;
    readonly policy: 'accept' | 'drop';
  } | null;
}

export interface FirewallTable {
  /** Which program prints and changes it. */
  readonly program: 'nft' | 'iptables-legacy' | 'ip6tables-legacy' | 'iptables-nft' | 'ip6tables-nft';
  /** `inet`, `ip`, `ip6`. */
  readonly family: string;
  readonly name: string;
  readonly chains: readonly FirewallChain[];
}

export interface Firewall {
  readonly tables: readonly FirewallTable[];
}

/** Whether a table's rules see packets of an IP version. */
export function sees({ family }: FirewallTable, version: 4 | 6): boolean {
  return family === 'inet' || family === (version === 4 ? 'ip' : 'ip6');
}
