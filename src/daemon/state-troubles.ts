/**
 * Which files of state_dir are not as they ought to be: after a restart lvsd would know less. Told by an event when it
 * begins and when it ends, and by status and metrics as long as it lasts; the director serves all the same.
 */
import { basename } from 'node:path';
import type { Clock } from '../base/clock.js';
import type { EventLog } from '../controller/event-log.js';
import type { UnwrittenState } from '../model/snapshot.js';

/** What is lost with each file, after "write FILE: ENOSPC; ". */
const LOSSES: Readonly<Record<string, string>> = {
  'ownership.json': 'after a restart lvsd takes what it has set itself for that of others',
  'operator.json': 'after a restart what operators have set is forgotten',
  'verdicts.json': 'after a restart servers count as they did before, or as new',
  'weights.json': 'after a restart weights are as configured until agents answer',
  report: 'the report will lack this time',
  'serving.json': 'after a restart servers that are held back may serve again',
};

export class StateTroubles {
  readonly #clock: Clock;
  readonly #events: Pick<EventLog, 'append'>;
  readonly #unwritten = new Map<string, UnwrittenState & { readonly event: number }>();

  constructor(clock: Clock, events: Pick<EventLog, 'append'>) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Files that are not written, the one that failed first at first. */
  get unwritten(): readonly UnwrittenState[] {
    return [...this.#unwritten.values()].map(({ file, reason, sinceMs }) => ({ file, reason, sinceMs }));
  }

  /**
   * Takes what a writer says. The same again is no news.
   *
   * @param path of the file
   * @param trouble one line with the file's name; null when it is written
   */
  report(path: string, trouble: string | null): void {
    const known = this.#unwritten.get(path);
    if (trouble === null) {
      if (known === undefined) return;
      this.#unwritten.delete(path);
      this.#events.append({ type: 'state-written', message: `${path} is written again`, cause: known.event });
      return;
    }
    if (known?.reason === trouble) return;
    const loss = LOSSES[basename(path)];
    const message = loss === undefined ? trouble : `${trouble}; ${loss}`;
    const event = this.#events.append({ type: 'state-unwritten', message });
    const sinceMs = known?.sinceMs ?? this.#clock.wallMs();
    this.#unwritten.set(path, { file: path, reason: trouble, sinceMs, event });
  }
}
