/** What the status tells of the configuration and its reloads. */
import type { Clock } from '../base/clock.js';
import type { ConfigStatus, ReloadStatus } from '../model/snapshot.js';

export interface AcceptedConfig {
  readonly digest: string;
  readonly source: ConfigStatus['source'];
}

/** Counts and remembers; decides nothing. */
export class ConfigLedger {
  readonly #clock: Clock;
  readonly #file: string;
  #digest: string;
  #source: ConfigStatus['source'];
  #revision = 1;
  #loadedAtMs: number;
  #lastReload: ReloadStatus | null = null;
  #accepted = 0;
  #refused = 0;

  constructor(clock: Clock, file: string, first: AcceptedConfig) {
    this.#clock = clock;
    this.#file = file;
    this.#digest = first.digest;
    this.#source = first.source;
    this.#loadedAtMs = clock.wallMs();
  }

  get revision(): number {
    return this.#revision;
  }

  /** A reload took the file; `message` says what changed. */
  accepted({ digest, source }: AcceptedConfig, message: string): void {
    this.#revision++;
    this.#accepted++;
    this.#digest = digest;
    this.#source = source;
    this.#loadedAtMs = this.#clock.wallMs();
    this.#lastReload = { atMs: this.#loadedAtMs, ok: true, message };
  }

  /** A reload (or the start) was refused; `message` is one line. */
  refused(message: string): void {
    this.#refused++;
    this.#lastReload = { atMs: this.#clock.wallMs(), ok: false, message };
  }

  get status(): ConfigStatus {
    return {
      file: this.#file,
      revision: this.#revision,
      digest: this.#digest,
      loadedAtMs: this.#loadedAtMs,
      source: this.#source,
      lastReload: this.#lastReload,
      reloads: { accepted: this.#accepted, refused: this.#refused },
    };
  }
}
