/** A program on the real server that says how much of its weight it can take, and perhaps that it wants to be left out. */
import type { CheckTiming, ProbeSource } from './health-check.js';

/** What an agent may be allowed to change. */
export const AGENT_POWERS = ['weight', 'drain', 'maint', 'down'] as const;

export type AgentPower = (typeof AGENT_POWERS)[number];

/** What an agent may ask for beside a weight: no new connections; out of the table; out as if its check had failed. */
export type AgentWish = Exclude<AgentPower, 'weight'>;

/** How an agent is asked. Its counting limits are not looked at. */
export interface AgentQuestion {
  readonly type: 'agent';
  readonly timing: CheckTiming;
  /** Absent: as the system's routes have it. */
  readonly source?: ProbeSource;
  readonly port: number;
  /** One character a byte; null = nothing is sent. May hold a password: never printed. */
  readonly send: string | null;
}

/** What becomes of its answers. */
export interface AgentLimits {
  /** Shares of the configured weight that it never leaves, 0 <= min <= max. */
  readonly min: number;
  readonly max: number;
  /** What of its answers counts. */
  readonly allow: readonly AgentPower[];
  /** Share of the weight before that stays in the next one, 0..0.95; 0 = each answer counts whole. */
  readonly smoothing: number;
  /** One answer changes the share by no more than this. */
  readonly step: number;
}

/** The agents of one service's servers. */
export interface AgentPolicy extends AgentLimits {
  readonly question: AgentQuestion;
}

/** The last weight of an agent that is silent holds for so many intervals. */
export const AGENT_HOLD_INTERVALS = 3;

/** What an agent has said and not taken back, allowed or not. */
export interface AgentSaid {
  readonly admin: 'ready' | 'drain' | 'maint';
  readonly operation: 'up' | 'down';
  /** As answered, neither bounded nor smoothed; null = it has named none. */
  readonly share: number | null;
}

/** What is known from one agent. Plain JSON values. */
export interface AgentReport {
  /**
   * `answers`: by its last answer; `held`: it is silent or talks nonsense, and what it said last still holds; `silent`:
   * for too long, so that the weight is as configured and it asks for nothing.
   */
  readonly state: 'answers' | 'held' | 'silent';
  /** Bounded and smoothed share of the weight. */
  readonly share: number;
  readonly wish: AgentWish | null;
  /** Since when it has that wish, ms since the epoch; 0 without. */
  readonly wishedMs: number;
  /** For who goes on with this report; absent: nothing has been said. */
  readonly said?: AgentSaid;
  /** For people: what it answered, or why there is no answer. */
  readonly reason: string;
  /** Of its last answer that could be read, ms since the epoch; null when there was none. */
  readonly heardMs: number | null;
}
