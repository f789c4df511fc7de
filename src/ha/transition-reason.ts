/** Why an instance changed its state, for people. */
import type { VrrpPeer } from '../model/vrrp-role.js';
import type { TransitionCause } from './machine.js';

/** What is known when it changes. */
export interface TransitionFacts {
  /** Own. */
  readonly priority: number;
  /** Who was heard last; null = nobody. */
  readonly peer: VrrpPeer | null;
  /** How long a backup that takes over had waited, ms. */
  readonly waitedMs: number;
  /** The peer was heard while it waited: it is not gone, it is outdone. */
  readonly preempts: boolean;
  /** How late it was woken, ms. */
  readonly lateMs: number;
  readonly conditions: readonly string[];
  /** Of whoever told it to take or to yield. */
  readonly because: string;
}

/** One clause, without a full stop. */
export function transitionReason(cause: TransitionCause, facts: TransitionFacts): string {
  const { priority, peer } = facts;
  const other = peer?.address ?? 'the other one';
  switch (cause) {
    case 'started':
      return 'it starts, and listens first';
    case 'owner':
      return `priority ${priority}: it owns the addresses`;
    case 'silence':
      if (peer === null) return `nobody was heard for ${wholeMs(facts.waitedMs)}`;
      if (facts.preempts) return `${other} has priority ${peer.priority}, this director ${priority}`;
      return `${other} was not heard for ${wholeMs(facts.waitedMs)}`;
    case 'witness':
      return peer === null
        ? 'nobody is heard, and a witness answers'
        : `${other} is not heard any more, and a witness answers`;
    case 'take':
    case 'yield':
      return facts.because;
    case 'peer-left':
      return `${other} has left`;
    case 'higher-priority':
      return `${other} has priority ${peer?.priority ?? 0}, this director ${priority}`;
    case 'higher-address':
      return `${other} has the same priority ${priority} and the higher address`;
    case 'late':
      return `it was woken ${wholeMs(facts.lateMs)} late, others may have taken over`;
    case 'fault':
      return facts.conditions.join('; ');
    case 'shutdown':
      return 'it stops';
  }
}

function wholeMs(ms: number): string {
  return `${Math.round(ms)} ms`;
}
