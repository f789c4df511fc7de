/**
 * The line that answers an agent check, as HAProxy's agent protocol has it: words separated by spaces, then a line feed.
 * Pure.
 */

/** `down` counts as a failed check there, `maint` and `drain` as an order to take the server out. */
export const MAINTENANCE_WORDS = ['maint', 'drain', 'down'] as const;

export type MaintenanceWord = (typeof MAINTENANCE_WORDS)[number];

export interface AnswerFacts {
  /** 0..100; null: nothing is known of it. */
  readonly percent: number | null;
  /** null: this agent never speaks of maintenance. */
  readonly maintenance: { readonly on: boolean; readonly word: MaintenanceWord } | null;
}

/** What takes a word back: without it the asker keeps to the word that it heard last. */
const ENDS: Record<MaintenanceWord, string> = { maint: 'ready', drain: 'ready', down: 'up' };

/**
 * `75%`, `ready 75%`, `maint 75%`, each with its line end.
 *
 * @returns null when there is nothing to say
 */
export function formatAnswer({ percent, maintenance }: AnswerFacts): string | null {
  const words = [
    ...(maintenance === null ? [] : [maintenance.on ? maintenance.word : ENDS[maintenance.word]]),
    ...(percent === null ? [] : [`${percent}%`]),
  ];
  return words.length === 0 ? null : `${words.join(' ')}\n`;
}
