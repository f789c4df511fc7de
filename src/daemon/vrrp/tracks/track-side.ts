/**
 * Watches what instances depend on, and knows what that comes to.
 *
 * ```
 *  every second ──► processes, host ──┐
 *  a round      ──► services ─────────┼──► book ──► events, status; heartbeat of lvsd-vrrp
 *  health       ──► verdicts ─────────┘
 * ```
 */
import type { Clock, Timer } from '../../../base/clock.js';
import type { EventLog } from '../../../controller/event-log.js';
import type { InstanceTracks } from '../../../ha/messages.js';
import type { CheckedService } from '../../../health/types.js';
import type { TrackStatus } from '../../../model/ha-status.js';
import type { HaSettings } from '../../../model/ha.js';
import type { ServiceKey } from '../../../model/keys.js';
import type { Verdict } from '../../../model/status.js';
import type { CheckTrack, Track } from '../../../model/track.js';
import { checkedKey, checkedTrack, firstVerdictMs, lookAtVerdict } from './check-track.js';
import type { HostReader } from './host-reader.js';
import { HostTracks } from './host-tracks.js';
import type { ProcessTable } from './process-table.js';
import { ProcessTracks } from './process-track.js';
import { lookAtService, type ServicesView } from './service-track.js';
import { TrackBook, trackKey, trackTitle, type Moment, type Sight } from './track-book.js';

/** What of this host is looked at; a test has its own. */
export interface TrackHost {
  readonly processes: ProcessTable;
  readonly reader: HostReader;
}

export interface TrackSideOptions {
  readonly clock: Clock;
  readonly events: Pick<EventLog, 'append'>;
  readonly host: TrackHost;
  readonly services: () => ServicesView;
  /** What lvsd-vrrp is to be told may be another thing now. */
  readonly onChange: () => void;
}

const LOOK_MS = 1000;
/** Nothing but a check needs longer for its first result. */
const FIRST_LOOK_MS = 10_000;

/** Watches nothing before `follow`. */
export class TrackSide {
  readonly #options: TrackSideOptions;
  readonly #book = new TrackBook();
  readonly #processes: ProcessTracks;
  readonly #host: HostTracks;
  #tracks: readonly Track[] = [];
  #checks: ReadonlyMap<ServiceKey, CheckTrack> = new Map();
  #checked: readonly CheckedService[] = [];
  #timer: Timer | null = null;
  #closed = false;

  constructor(options: TrackSideOptions) {
    const { clock, host } = options;
    this.#options = options;
    this.#processes = new ProcessTracks({
      clock,
      table: host.processes,
      onSight: (name, sight) => this.#seeProcess(name, sight),
    });
    this.#host = new HostTracks({
      clock,
      reader: host.reader,
      isBad: (track) => this.#book.findingOf(trackKey(track))?.countsAs === 'bad',
      onSight: (track, sight) => this.#see(track, sight),
    });
  }

  /** For the heartbeat. */
  get told(): readonly InstanceTracks[] {
    return this.#book.told(this.#options.clock.nowMs());
  }

  get status(): readonly TrackStatus[] {
    return this.#book.status;
  }

  /** For the health engine; `verdict` hears what it finds. */
  get checked(): readonly CheckedService[] {
    return this.#checked;
  }

  /** Watches what the configuration says from now on; null = nothing. Does nothing after `close`. */
  follow(settings: HaSettings | null): void {
    if (this.#closed) return;
    const tracks = settings?.tracks ?? [];
    this.#tracks = tracks;
    const checks = tracks.filter((track) => track.kind === 'check');
    this.#checks = new Map(checks.map((track) => [checkedKey(track), track]));
    this.#checked = checks.map(checkedTrack);
    const names = (settings?.instances ?? []).map(({ name }) => name);
    this.#book.configure(names, tracks, firstLookMs, this.#moment());
    this.#processes.follow(namesOf(tracks));
    this.#host.follow(tracks.filter((track) => track.kind === 'host'));
    this.#lookAtServices();
    this.#timer?.cancel();
    this.#timer = null;
    if (tracks.length > 0) this.#lookAgain();
    this.#options.onChange();
  }

  /** It may have been decided anew who serves. */
  servicesChanged(): void {
    this.#lookAtServices();
  }

  /** What the health engine says of a check. @returns false = it is none of a track */
  verdict(key: ServiceKey, verdict: Pick<Verdict, 'state' | 'reason'>): boolean {
    const track = this.#checks.get(key);
    if (track !== undefined) this.#see(track, lookAtVerdict(verdict));
    return track !== undefined;
  }

  /** Looks no more; what is known stays. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#processes.close();
    this.#host.close();
  }

  #lookAgain(): void {
    this.#timer = this.#options.clock.after(LOOK_MS, () => {
      this.#lookAgain();
      this.#processes.look();
      this.#host.look();
      this.#lookAtServices();
      // An instance may have waited for long enough.
      this.#options.onChange();
    });
  }

  #lookAtServices(): void {
    const view = this.#tracks.some(({ kind }) => kind === 'service') ? this.#options.services() : null;
    if (view === null) return;
    for (const track of this.#tracks)
      if (track.kind === 'service') this.#see(track, lookAtService(track.name, view));
  }

  #seeProcess(name: string, sight: Sight): void {
    for (const track of this.#tracks)
      if (track.kind === 'process' && track.name === name) this.#see(track, sight);
  }

  #see(track: Track, sight: Sight): void {
    if (this.#closed) return;
    const before = this.#book.findingOf(trackKey(track))?.state;
    const change = this.#book.note(trackKey(track), sight, this.#moment());
    if (change !== null) {
      const { instance, weight } = change.track;
      const effect = weight === null ? 'the instance is in fault' : `its priority is lowered by ${-weight}`;
      const isBad = change.to === 'bad';
      this.#options.events.append({
        type: isBad ? 'track-failed' : 'track-recovered',
        instance,
        message: `${instance}: ${trackTitle(track)}: ${change.reason}${isBad ? `; ${effect}` : ''}`,
      });
    }
    // Also the first result of all changes what is told.
    if (sight.state !== before) this.#options.onChange();
  }

  #moment(): Moment {
    const { clock } = this.#options;
    return { nowMs: clock.nowMs(), wallMs: clock.wallMs() };
  }
}

function namesOf(tracks: readonly Track[]): readonly string[] {
  return [...new Set(tracks.filter(({ kind }) => kind === 'process').map(({ name }) => name))];
}

function firstLookMs(track: Track): number {
  return track.kind === 'check' ? Math.max(FIRST_LOOK_MS, firstVerdictMs(track)) : FIRST_LOOK_MS;
}
