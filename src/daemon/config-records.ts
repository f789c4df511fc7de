/** What is written down about configurations: the figures of the running one, the last good copy, and the history. */
import type { Clock } from '../base/clock.js';
import { plural } from '../base/plural.js';
import type { LoadedConfig } from '../config/load.js';
import { AcceptedConfigs, type AcceptedConfigsOptions } from './accepted-configs.js';
import type { BootConfig } from './boot-config.js';
import { ConfigLedger } from './config-ledger.js';
import { HistoryStore } from './state/history-store.js';
import { LastGoodStore } from './state/last-good.js';

export interface ConfigRecordsOptions extends Required<Pick<AcceptedConfigsOptions, 'onWritten'>> {
  readonly clock: Clock;
  /** The file that lvsd was started with; absolute. */
  readonly file: string;
  readonly boot: BootConfig;
  /** Absolute. */
  readonly stateDir: string;
  /** The process's effective user id. */
  readonly uid: number;
}

export class ConfigRecords {
  /** What the status tells. */
  readonly ledger: ConfigLedger;
  readonly history: HistoryStore;
  readonly accepted: AcceptedConfigs;

  constructor({ clock, file, boot, stateDir, uid, onWritten }: ConfigRecordsOptions) {
    const lastGood = new LastGoodStore(stateDir);
    this.ledger = new ConfigLedger(clock, file, { digest: boot.loaded.digest, source: boot.source });
    this.history = new HistoryStore(stateDir, uid, clock);
    this.accepted = new AcceptedConfigs({ clock, file, lastGood, history: this.history, onWritten });
  }

  /** The director runs with the file that it was started with. What cannot be written is told to `onWritten` only. */
  async rememberBoot(loaded: LoadedConfig): Promise<void> {
    const summary = plural(loaded.model.services.length, 'service');
    await this.accepted.remember(loaded, { by: 'start', why: 'start', summary });
  }
}
