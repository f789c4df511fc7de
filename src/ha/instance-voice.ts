/** Says the advertisements of an instance, counts them, and tells of a refusal when it begins. */
import { reasonOf } from '../base/errors.js';
import type { InstanceCounters } from './instance-counters.js';
import type { AdvertisementSender } from './instance-seams.js';
import { LEAVING_PRIORITY } from './machine.js';

export interface VoiceOptions {
  readonly sender: AdvertisementSender;
  readonly counters: InstanceCounters;
  /** @param reason why the kernel refuses it */
  readonly onRefusal: (reason: string) => void;
}

/** One an instance. */
export class InstanceVoice {
  readonly #options: VoiceOptions;
  #fails = false;

  constructor(options: VoiceOptions) {
    this.#options = options;
  }

  /** True = nothing is left to try. The refusal of a goodbye is no news: the interface may be down. */
  say(priority: number): boolean {
    const { sender, counters, onRefusal } = this.#options;
    try {
      const sent = sender.send(priority);
      if (sent) this.#countSent(priority);
      else counters['send-failures'] += 1;
      return sent;
    } catch (thrown) {
      counters['send-failures'] += 1;
      if (priority === LEAVING_PRIORITY) return true;
      if (!this.#fails) onRefusal(reasonOf(thrown));
      this.#fails = true;
      return true;
    }
  }

  #countSent(priority: number): void {
    const { counters } = this.#options;
    this.#fails = false;
    counters['advertisements-sent'] += 1;
    if (priority === LEAVING_PRIORITY) counters['priority-zero-sent'] += 1;
  }
}
