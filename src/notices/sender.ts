/** The seam between what is sent and how: one way to the outside, one attempt at a time. */
import type { Occurrence } from './content.js';

/** How an attempt ended. A refusal is a value. */
export type SendResult =
  | {
      readonly ok: true;
      /** For people: "HTTP 204", "exit code 0". */
      readonly detail: string;
    }
  | {
      readonly ok: false;
      /** For people; holds no secret. */
      readonly reason: string;
      /** False: the same would be refused again. */
      readonly retryable: boolean;
      /** The other side wants to be left alone for so long. */
      readonly retryAfterMs?: number;
    };

/** Sends what it is given, and keeps no queue. */
export interface Sender {
  /** Several events may go as one message. */
  readonly sumsUp: boolean;
  /** How long it must not send yet; 0 = it may. What has come by then goes together. */
  waitMs(): number;
  /**
   * One attempt.
   *
   * @param occurrences one; several, oldest first, only after a wait and only where `sumsUp`
   * @param missed events since the last success that will never come
   * @param signal ends the attempt and everything that it has started
   * @throws the signal's reason; anything else is a failure that may pass
   */
  send(occurrences: readonly Occurrence[], missed: number, signal: AbortSignal): Promise<SendResult>;
  /** Idempotent. An attempt under way goes on. */
  close(): void;
}
