/** Watches the host itself: load, memory, file systems, clock. */
import type { Clock } from '../../../base/clock.js';
import { reasonOf } from '../../../base/errors.js';
import type { HostTrack } from '../../../model/track.js';
import { ClockSteps } from './clock-steps.js';
import { DiskRound, type DiskAnswer } from './disk-round.js';
import { judgeFree, judgeLoad } from './host-limit.js';
import type { HostReader } from './host-reader.js';
import type { Sight } from './track-book.js';

export interface HostTracksOptions {
  readonly clock: Clock;
  readonly reader: HostReader;
  /** Whether it counts as bad until now. */
  readonly isBad: (track: HostTrack) => boolean;
  readonly onSight: (track: HostTrack, sight: Sight) => void;
}

/** What is read from files is read with every so many looks: nothing there changes in a second. */
const LOOKS_A_READING = 5;

export class HostTracks {
  readonly #options: HostTracksOptions;
  #steps = new ClockSteps();
  readonly #disks: DiskRound;
  #tracks: readonly HostTrack[] = [];
  #looks = 0;

  constructor(options: HostTracksOptions) {
    const { clock, reader } = options;
    this.#options = options;
    this.#disks = new DiskRound(
      clock,
      (path) => reader.disk(path),
      (path, answer) => this.#judgeDisk(path, answer),
    );
  }

  /** Watches these from now on. */
  follow(tracks: readonly HostTrack[]): void {
    // A step from before it was watched is no news.
    if (this.#tracks.length === 0) this.#steps = new ClockSteps();
    this.#tracks = tracks;
    this.#looks = 0;
    if (tracks.length > 0) this.look();
  }

  /** To be called every second. */
  look(): void {
    const { clock } = this.#options;
    this.#steps.look(clock.nowMs(), clock.wallMs());
    for (const track of this.#tracks)
      if (track.limit.of === 'clock_step') this.#see(track, this.#steps.judge(track.limit.aboveMs));
    if (this.#looks++ % LOOKS_A_READING !== 0) return;
    void this.#readLoad();
    void this.#readMemory();
    const paths = this.#tracks.flatMap(({ limit }) => ('path' in limit ? [limit.path] : []));
    this.#disks.ask([...new Set(paths)]);
  }

  close(): void {
    this.#tracks = [];
    this.#disks.close();
  }

  async #readLoad(): Promise<void> {
    if (!this.#tracks.some(({ limit }) => limit.of === 'load')) return;
    const load = await attempt(() => this.#options.reader.load());
    for (const track of this.#tracks)
      if (track.limit.of === 'load')
        this.#see(track, typeof load === 'number' ? judgeLoad(track.limit, load, this.#isBad(track)) : load);
  }

  async #readMemory(): Promise<void> {
    if (!this.#tracks.some(({ limit }) => limit.of === 'memory')) return;
    const free = await attempt(() => this.#options.reader.memory());
    for (const track of this.#tracks)
      if (track.limit.of === 'memory')
        this.#see(track, typeof free === 'number' ? judgeFree(track.limit, free, this.#isBad(track)) : free);
  }

  #judgeDisk(path: string, answer: DiskAnswer): void {
    for (const track of this.#tracks)
      if ('path' in track.limit && track.limit.path === path)
        this.#see(track, this.#lookAtDisk(track, answer));
  }

  /** A file system that cannot be asked is not well; of load and memory nothing follows from that. */
  #lookAtDisk(track: HostTrack, answer: DiskAnswer): Sight {
    if (answer.kind === 'fault') return { state: 'bad', reason: answer.reason };
    if (answer.kind === 'not-asked') return { state: 'unknown', reason: answer.reason };
    const { free, isReadOnly, isHidden } = answer.reading;
    if (isHidden)
      return { state: 'unknown', reason: 'hidden from lvsd by its unit: see ProtectHome in systemd.exec(5)' };
    if (track.limit.of === 'disk') return judgeFree(track.limit, free, this.#isBad(track));
    return isReadOnly
      ? { state: 'bad', reason: 'its file system is read-only' }
      : { state: 'good', reason: 'its file system can be written' };
  }

  #isBad(track: HostTrack): boolean {
    return this.#options.isBad(track);
  }

  #see(track: HostTrack, sight: Sight): void {
    this.#options.onSight(track, sight);
  }
}

async function attempt(read: () => Promise<number>): Promise<number | Sight> {
  try {
    return await read();
  } catch (error) {
    return { state: 'unknown', reason: reasonOf(error) };
  }
}
