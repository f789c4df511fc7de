/**
 * What is known of everything that instances depend on, and what that comes to for each instance. Pure, without time of its own.
 *
 * ```
 *  findings ──note──► states ──told──► faults and weight of each instance, for lvsd-vrrp
 * ```
 *
 * One that is `unknown` counts as what it was before: a director that cannot look has no news. Before anything is known of it,
 * it counts as good, but its instance waits: it does not begin before each of its tracks was known once, or could have been.
 * That is so once in the life of an instance: a track that a reload adds keeps nobody waiting.
 */
import type { InstanceTracks } from '../../../ha/messages.js';
import type { TrackFinding, TrackStatus } from '../../../model/ha-status.js';
import type { Track } from '../../../model/track.js';

/** What a look at one of them has shown. */
export type Sight = Pick<TrackFinding, 'state' | 'reason'>;

/** It has another effect on its instance from now on. */
export interface TrackChange {
  readonly track: Track;
  readonly to: TrackFinding['countsAs'];
  readonly reason: string;
}

interface Entry {
  readonly track: Track;
  readonly finding: TrackFinding;
  readonly sinceMs: number;
  /** Why it became bad: what its instance is told stays the same though figures change. */
  readonly fault: string;
  /** Until it is known, its instance waits for so long; ms of the monotonic clock. */
  readonly waitUntilMs: number;
}

export interface Moment {
  readonly nowMs: number;
  readonly wallMs: number;
}

const NOT_LOOKED: TrackFinding = { state: 'unknown', countsAs: 'good', reason: 'not looked at yet' };

/** Equal for the same one in two configurations. */
export function trackKey({ instance, kind, name }: Pick<Track, 'instance' | 'kind' | 'name'>): string {
  return `${instance} ${kind} ${name}`;
}

/** `check tomcat`, `host disk /var`. */
export function trackTitle({ kind, name }: Pick<Track, 'kind' | 'name'>): string {
  return `${kind} ${name}`;
}

export class TrackBook {
  #entries = new Map<string, Entry>();
  /** Instances that wait for first results, and those that need not any more. */
  #waits = new Map<string, boolean>();

  /** In the order of the file. */
  get status(): readonly TrackStatus[] {
    return [...this.#entries.values()].map(
      ({ track: { instance, kind, name, weight }, finding, sinceMs }) => ({
        ...{ instance, kind, name, weight },
        ...finding,
        sinceMs,
      }),
    );
  }

  /**
   * Follows a configuration; what stays keeps its state, also when its limit is another one.
   *
   * @param waitMs how long an instance that is new waits for one of its tracks
   */
  configure(
    instances: readonly string[],
    tracks: readonly Track[],
    waitMs: (track: Track) => number,
    { nowMs, wallMs }: Moment,
  ): void {
    const before = this.#entries;
    this.#entries = new Map(
      tracks.map((track) => {
        const key = trackKey(track);
        const known = before.get(key);
        const fresh = { finding: NOT_LOOKED, sinceMs: wallMs, fault: '', waitUntilMs: nowMs + waitMs(track) };
        return [key, { ...(known ?? fresh), track }];
      }),
    );
    const waits = this.#waits;
    this.#waits = new Map(instances.map((name) => [name, waits.get(name) ?? true]));
    this.#endWaits(nowMs);
  }

  /** The state of one; null = it is not in the configuration. */
  findingOf(key: string): TrackFinding | null {
    return this.#entries.get(key)?.finding ?? null;
  }

  /** Takes down what was seen; of one that is not in the configuration it is dropped. @returns null = no other effect */
  note(key: string, { state, reason }: Sight, { nowMs, wallMs }: Moment): TrackChange | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    const { finding: before, track } = entry;
    const countsAs = state === 'unknown' ? before.countsAs : state;
    const changed = countsAs !== before.countsAs;
    this.#entries.set(key, {
      ...entry,
      finding: { state, countsAs, reason },
      sinceMs: state === before.state ? entry.sinceMs : wallMs,
      fault: changed && countsAs === 'bad' ? reason : entry.fault,
    });
    this.#endWaits(nowMs);
    return changed ? { track, to: countsAs, reason } : null;
  }

  /** What is wrong, by instance; instances of which nothing is wrong are not named. */
  told(nowMs: number): readonly InstanceTracks[] {
    this.#endWaits(nowMs);
    const told: InstanceTracks[] = [];
    for (const [instance, waits] of this.#waits) {
      const bad = this.#of(instance).filter(({ finding }) => finding.countsAs === 'bad');
      const faults = bad
        .filter(({ track }) => track.weight === null)
        .map(({ track, fault }) => `${trackTitle(track)}: ${fault}`);
      const weight = bad.reduce((sum, { track }) => sum + (track.weight ?? 0), 0);
      if (waits || faults.length > 0 || weight !== 0) told.push({ instance, faults, weight, waits });
    }
    return told;
  }

  #endWaits(nowMs: number): void {
    for (const [instance, waits] of this.#waits) {
      if (!waits) continue;
      const isOver = this.#of(instance).every(
        ({ finding, waitUntilMs }) => finding.state !== 'unknown' || nowMs >= waitUntilMs,
      );
      if (isOver) this.#waits.set(instance, false);
    }
  }

  #of(instance: string): readonly Entry[] {
    return [...this.#entries.values()].filter(({ track }) => track.instance === instance);
  }
}
