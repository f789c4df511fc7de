/**
 * One agent of one server of one service: its answers, bounded, smoothed and limited to what it may say.
 *
 *   (nothing) ──answer──► answers ◄──answer── held ──3 intervals──► silent ──answer──► answers
 *                            └──no answer───────►┘
 *
 * As in HAProxy an answer changes only what it names: `maint` and `drain` hold until `ready`, `down` until `up`. Silence
 * is no failure of the server: for a bounded time the last answer holds, then the weight is as configured.
 */
import {
  AGENT_HOLD_INTERVALS,
  type AgentPolicy,
  type AgentReport,
  type AgentSaid,
  type AgentWish,
} from '../model/agent.js';
import { formatAgentAnswer, type AgentAnswer } from './agent-answer.js';
import { smoothShare } from './agent-smoothing.js';
import { printable } from './checkers/failure.js';
import type { Taker } from './prober.js';
import type { TimedResult } from './timed-probe.js';

export interface AgentWatchOptions {
  readonly policy: AgentPolicy;
  /** Time in which the director's loop turned, ms: silence is not blamed on an agent while nobody listened. */
  readonly turnedMs: () => number;
  readonly wallMs: () => number;
  /** Hears of each answer, and of silence when it begins and when it has lasted too long. */
  readonly onReport: (report: AgentReport) => void;
  /** From an earlier process; null = nothing is known. */
  readonly before: AgentReport | null;
}

const NOTHING_SAID: AgentSaid = { admin: 'ready', operation: 'up', share: null };

export class AgentWatch implements Taker {
  readonly #options: AgentWatchOptions;
  #policy: AgentPolicy;
  #said: AgentSaid;
  #report: AgentReport | null;
  /** Of the last answer, or of the beginning; by the time that turned. */
  #heardMs: number;
  #silence = 'no answer yet';

  constructor(options: AgentWatchOptions) {
    const { policy, before, turnedMs } = options;
    this.#options = options;
    this.#policy = policy;
    this.#report = before;
    this.#said = before?.said ?? NOTHING_SAID;
    this.#heardMs = turnedMs();
  }

  /** Null until it has answered, or has been silent for too long. */
  get report(): AgentReport | null {
    return this.#report;
  }

  get intervalMs(): number {
    return this.#policy.question.timing.intervalMs;
  }

  get jitter(): number {
    return this.#policy.question.timing.jitter;
  }

  /** Other limits; they hold from the next answer on. @returns whether its rhythm is another one */
  edit(policy: AgentPolicy): boolean {
    const before = this.#policy.question.timing;
    this.#policy = policy;
    const { intervalMs, jitter } = policy.question.timing;
    if (before.intervalMs === intervalMs && before.jitter === jitter) return false;
    // By a shorter interval the silence would seem longer than it is.
    this.#heardMs = this.#options.turnedMs();
    return true;
  }

  take({ result }: TimedResult): void {
    if (result.ok === true && result.agent !== undefined) this.#hear(result.agent);
    else this.#miss(result.ok === true ? 'not an answer' : result.reason);
  }

  /** Ends what has held for too long, also where no result comes at all. */
  look(): void {
    const { turnedMs, wallMs } = this.#options;
    const state = this.#report?.state;
    if (state === 'silent' || turnedMs() - this.#heardMs < this.#holdMs) return;
    this.#said = NOTHING_SAID;
    const sinceMs = this.#report?.heardMs ?? wallMs() - (turnedMs() - this.#heardMs);
    const reason = `since ${new Date(sinceMs).toISOString()}, weight as configured: ${this.#silence}`;
    this.#tell({ state: 'silent', share: 1, wish: null, wishedMs: 0, reason });
  }

  #hear(answer: AgentAnswer): void {
    this.#heardMs = this.#options.turnedMs();
    this.#silence = 'no further answer';
    const { admin, operation, share } = this.#said;
    this.#said = {
      admin: answer.admin ?? admin,
      operation: answer.operation ?? operation,
      share: answer.share ?? share,
    };
    const wish = this.#wish();
    const reason = printable(`answered ${formatAgentAnswer(answer)}${this.#ignored()}`);
    const wishedMs = wish === null ? 0 : this.#wishedMs(wish);
    const report = { state: 'answers', share: this.#share(), wish, wishedMs, reason } as const;
    this.#tell({ ...report, said: this.#said }, this.#options.wallMs());
  }

  /** The first share counts whole; after silence it goes on from the configured weight, which held meanwhile. */
  #share(): number {
    const { share } = this.#said;
    if (share === null || !this.#policy.allow.includes('weight')) return 1;
    return smoothShare(this.#report?.share ?? null, share, this.#policy);
  }

  #miss(reason: string): void {
    this.#silence = reason;
    const report = this.#report;
    if (report?.state === 'answers')
      this.#tell({ ...report, state: 'held', reason: `what it said last holds: ${reason}` });
    this.look();
  }

  #wishedMs(wish: AgentWish): number {
    const report = this.#report;
    return report?.wish === wish ? report.wishedMs : this.#options.wallMs();
  }

  /** The strongest that it may have. */
  #wish(): AgentWish | null {
    const { allow, min } = this.#policy;
    const { admin, operation, share } = this.#said;
    const none = share === 0 && min === 0 && allow.includes('weight');
    const wishes: readonly [AgentWish, boolean][] = [
      ['maint', admin === 'maint'],
      ['down', operation === 'down'],
      // No share of the weight at all is what HAProxy calls draining, too.
      ['drain', admin === 'drain' || none],
    ];
    return wishes.find(([wish, asked]) => asked && allow.includes(wish))?.[0] ?? null;
  }

  /** Words that stand and do not count. */
  #ignored(): string {
    const { admin, operation } = this.#said;
    const { allow } = this.#policy;
    const words = [admin, operation].filter(
      (word): word is AgentWish =>
        (word === 'maint' || word === 'drain' || word === 'down') && !allow.includes(word),
    );
    return words.length === 0 ? '' : `, ${words.join(' and ')} not allowed`;
  }

  get #holdMs(): number {
    return AGENT_HOLD_INTERVALS * this.intervalMs;
  }

  #tell(report: Omit<AgentReport, 'heardMs'>, heardMs = this.#report?.heardMs ?? null): void {
    this.#report = { ...report, heardMs };
    this.#options.onReport(this.#report);
  }
}
