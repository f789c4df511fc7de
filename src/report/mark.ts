/**
 * What is written down of the life of a director and of what it serves: all that a report is computed from. Pure.
 *
 * Each mark has two times. The wall clock says where it belongs; it may be set, back and forth. The monotonic clock of
 * the process says how long it is since the mark before, in the same run.
 */
import type { Standing, Standings } from '../model/standing.js';

interface Timed {
  /** Ms since the epoch. */
  readonly wallMs: number;
  /** Whole ms; comparable only between marks without a `start` between them. */
  readonly monoMs: number;
}

/** A director has started. How things stand is not known before the next `all`. */
export interface StartMark extends Timed {
  readonly kind: 'start';
}

/** It has stopped of its own accord. */
export interface StopMark extends Timed {
  readonly kind: 'stop';
}

/** It lives, and nothing has changed. */
export interface BeatMark extends Timed {
  readonly kind: 'beat';
}

/** How everything stands. What is not in it is not served any more. */
export interface AllMark extends Timed {
  readonly kind: 'all';
  readonly standings: Standings;
  /** Marks before this one could not be written: nothing is known of the time since the one that was. */
  readonly lost: boolean;
}

/** One service, or one server of it, stands otherwise than before. */
export interface ChangeMark extends Timed {
  readonly kind: 'change';
  readonly service: string;
  /** null: the service itself. */
  readonly server: string | null;
  readonly standing: Standing;
}

/** Names have changed, all at once; what was under the old names belongs to the new ones. */
export interface RenameMark extends Timed {
  readonly kind: 'rename';
  /** The names are of this service's servers; null: of services. */
  readonly service: string | null;
  /** Old and new. */
  readonly names: readonly (readonly [from: string, to: string])[];
}

export type Mark = StartMark | StopMark | BeatMark | AllMark | ChangeMark | RenameMark;

/** Something stood here that cannot be read. */
export interface UnreadableMark {
  readonly kind: 'unreadable';
}

/** A director that lives leaves at least one mark in so many ms. */
export const HEARTBEAT_MS = 60_000;

/** It may be a little late with it. After so many ms without one it has stood still, and watched nothing. */
export const LATEST_MS = 2 * HEARTBEAT_MS;
