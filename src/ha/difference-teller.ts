/** Tells that another director of a virtual router is configured otherwise: once, and seldom of one who changes all the time. */
import type { Clock } from '../base/clock.js';
import type { VrrpInstance } from '../model/vrrp-instance.js';
import type { VrrpAdvertisement } from '../../native/vrrp/packet.js';
import { advertisedAddresses } from './instance-sender.js';

/** Whoever sends something else each time is told of so often. */
const DIFFERENCES_MS = 10_000;

/** One an instance. */
export class DifferenceTeller {
  readonly #clock: Clock;
  readonly #tell: (message: string) => void;
  #told = '';
  /** In which it was; who repeats it has the same object most of the time. */
  #toldOf: VrrpAdvertisement | null = null;
  #againMs = -Infinity;

  constructor(clock: Clock, tell: (message: string) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** @param source of the advertisement, which differs from what the configuration says */
  heard(advertisement: VrrpAdvertisement, source: string, config: VrrpInstance): void {
    const nowMs = this.#clock.nowMs();
    if (advertisement === this.#toldOf || nowMs < this.#againMs) return;
    const { advertiseMs, addresses } = advertisement;
    const difference = `${source} ${advertiseMs} ${addresses.join(' ')}`;
    this.#toldOf = advertisement;
    if (difference === this.#told) return;
    this.#told = difference;
    this.#againMs = nowMs + DIFFERENCES_MS;
    const own = `${config.advertiseMs} ms and ${advertisedAddresses(config).join(', ')}`;
    this.#tell(
      `hear ${source}: it advertises every ${advertiseMs} ms ${addresses.join(', ')}, this director ` +
        `every ${own}: configure both alike`,
    );
  }
}
