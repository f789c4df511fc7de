/** What is written down when a configuration was accepted and applied: the last good copy, and the history. */
import type { Clock } from '../base/clock.js';
import type { LoadedConfig } from '../config/load.js';
import type { HistoryEntry, HistoryStore } from './state/history-store.js';
import type { LastGoodStore } from './state/last-good.js';

export interface AcceptedConfigsOptions {
  readonly clock: Clock;
  /** The file that lvsd was started with; absolute. */
  readonly file: string;
  readonly lastGood: Pick<LastGoodStore, 'remember'>;
  readonly history: Pick<HistoryStore, 'append'>;
  /** Hears of each attempt to write why it failed, in one line, and null when it did not. */
  readonly onWritten?: (name: 'last-good.json' | 'history', trouble: string | null) => void;
}

export class AcceptedConfigs {
  readonly #options: AcceptedConfigsOptions;

  constructor(options: AcceptedConfigsOptions) {
    this.#options = options;
  }

  /** @returns one line for each that could not be written; neither keeps a configuration from running */
  async remember(
    { model, digest, files }: Pick<LoadedConfig, 'model' | 'digest' | 'files'>,
    { by, why, summary }: Pick<HistoryEntry, 'by' | 'why' | 'summary'>,
  ): Promise<readonly string[]> {
    const { clock, file, lastGood, history, onWritten } = this.#options;
    const atMs = clock.wallMs();
    const copied = await lastGood.remember({ savedAtMs: atMs, digest, file, files });
    onWritten?.('last-good.json', copied);
    const entry = { appliedAtMs: atMs, by, why, summary, digest, file, files };
    const kept = await history.append(entry, model.director.history);
    onWritten?.('history', kept);
    return [copied, kept].filter((trouble) => trouble !== null);
  }
}
