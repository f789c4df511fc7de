/** Sees that another director is active while this one is: tells when it begins, and when the other one is not heard any more. */
import type { Clock, Timer } from '../base/clock.js';
import type { VrrpPeer } from '../model/vrrp-role.js';

/** So many of its intervals after its last word it is not active any more. */
const SILENT_INTERVALS = 4;

export interface SplitWatchOptions {
  readonly clock: Clock;
  readonly onBegun: (peer: VrrpPeer) => void;
  /** @param peer as it was heard last */
  readonly onEnded: (peer: VrrpPeer) => void;
}

/** One an instance. */
export class SplitWatch {
  readonly #options: SplitWatchOptions;
  #address = '';
  #priority = 0;
  #silentAtMs = -Infinity;
  /** Set while there is a split. */
  #timer: Timer | null = null;

  constructor(options: SplitWatchOptions) {
    this.#options = options;
  }

  get peer(): VrrpPeer | null {
    return this.#timer === null ? null : { address: this.#address, priority: this.#priority };
  }

  /** Another active one was heard while this one is active, and stays so. */
  hear(address: string, priority: number, advertiseMs: number): void {
    this.#address = address;
    this.#priority = priority;
    this.#silentAtMs = this.#options.clock.nowMs() + SILENT_INTERVALS * advertiseMs;
    if (this.#timer !== null) return;
    this.#watch();
    this.#options.onBegun({ address, priority });
  }

  /** The other one has left, or this one is not active any more. Idempotent. */
  end(): void {
    const { peer } = this;
    this.#timer?.cancel();
    this.#timer = null;
    if (peer !== null) this.#options.onEnded(peer);
  }

  #watch(): void {
    const { clock } = this.#options;
    this.#timer = clock.after(this.#silentAtMs - clock.nowMs(), () => {
      if (clock.nowMs() >= this.#silentAtMs) this.end();
      else this.#watch();
    });
  }
}
