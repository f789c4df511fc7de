/** Tells when a director starts, with which configuration, and when it stops. */
import type { Clock } from '../base/clock.js';
import { VERSION } from '../base/version.js';
import type { EventLog } from '../controller/event-log.js';
import type { BootConfig } from './boot-config.js';
import type { DataplaneChoice } from './choose-dataplane.js';
import type { ConfigLedger } from './config-ledger.js';

export interface LifeStoryOptions {
  readonly clock: Clock;
  readonly events: Pick<EventLog, 'append'>;
  /** The file that lvsd was started with; absolute. */
  readonly file: string;
  readonly boot: BootConfig;
  /** Hears that the file was refused. */
  readonly ledger: Pick<ConfigLedger, 'refused'>;
}

export class LifeStory {
  /** By the wall clock. */
  readonly startedAtMs: number;
  readonly #options: LifeStoryOptions;
  #hasBegun = false;

  constructor(options: LifeStoryOptions) {
    this.#options = options;
    this.startedAtMs = options.clock.wallMs();
  }

  begin({ kind, reason }: DataplaneChoice): void {
    const { events, boot, file, ledger } = this.#options;
    const message = `lvsd ${VERSION}, ${kind} plane (${reason})`;
    this.#hasBegun = true;
    const cause = events.append({ type: 'director-started', message });
    if (boot.source === 'file') {
      events.append({ type: 'config-loaded', message: `${file}, digest ${boot.loaded.digest}`, cause });
      return;
    }
    ledger.refused(boot.refusal.message);
    const refused = events.append({ type: 'config-refused', message: boot.refusal.message, cause });
    const saved = new Date(boot.copy.savedAtMs).toISOString();
    const text = `the copy of ${saved} runs until a reload is accepted, digest ${boot.loaded.digest}`;
    events.append({ type: 'last-good-used', message: text, cause: refused });
  }

  /** Who has not said that it started does not say that it stops. */
  end(farewell: string): void {
    if (this.#hasBegun) this.#options.events.append({ type: 'director-stopping', message: farewell });
  }
}
