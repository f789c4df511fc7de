/** The other director that an instance heard last. Hearing it makes no object: it is heard many times a second. */
import type { VrrpPeer } from '../model/vrrp-role.js';
import type { HeardPeer } from './instance-seams.js';

/** One an instance, for all its life. */
export class PeerMemory {
  #address: string | null = null;
  #priority = 0;
  #advertiseMs = 0;
  #atMs = -Infinity;

  /** null = nobody was. */
  get peer(): VrrpPeer | null {
    return this.#address === null ? null : { address: this.#address, priority: this.#priority };
  }

  get heard(): HeardPeer | null {
    const { peer } = this;
    return peer === null ? null : { ...peer, advertiseMs: this.#advertiseMs };
  }

  /** Of who was heard; 0 before somebody was. */
  get priority(): number {
    return this.#priority;
  }

  /** -Infinity before somebody was heard. */
  get atMs(): number {
    return this.#atMs;
  }

  hear(address: string, priority: number, advertiseMs: number, nowMs: number): void {
    this.#address = address;
    this.#priority = priority;
    this.#advertiseMs = advertiseMs;
    this.#atMs = nowMs;
  }
}
