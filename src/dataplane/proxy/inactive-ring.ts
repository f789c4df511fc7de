/**
 * Remembers how many closed connections still count as inactive, and until when, as one sum a second:
 * no object and no timer a connection. Does no overload bookkeeping.
 */

const MS_PER_SECOND = 1000;

export class InactiveRing {
  /** Sum that ends in second s stands at s modulo the length. Allocated with the first connection. */
  #sums = new Uint32Array(0);
  /** Sums of this second and of all before it were taken out. */
  #expiredSecond = 0;
  #pending = 0;

  /** Connections that have not expired. */
  get pending(): number {
    return this.#pending;
  }

  /**
   * Adds one connection that counts until `untilMs`, rounded up to a full second.
   *
   * @param untilMs monotonic milliseconds, later than `nowMs`; `expire(nowMs)` was called before
   */
  add(untilMs: number, nowMs: number): void {
    if (this.#pending === 0) this.#expiredSecond = Math.floor(nowMs / MS_PER_SECOND);
    const second = Math.ceil(untilMs / MS_PER_SECOND);
    const span = second - this.#expiredSecond;
    if (span > this.#sums.length) this.#grow(span);
    const index = second % this.#sums.length;
    this.#sums[index] = (this.#sums[index] ?? 0) + 1;
    this.#pending++;
  }

  /** Takes out what ended at or before `nowMs` and returns how many that were. */
  expire(nowMs: number): number {
    const nowSecond = Math.floor(nowMs / MS_PER_SECOND);
    let expired = 0;
    if (this.#pending > 0) {
      const last = Math.min(nowSecond, this.#expiredSecond + this.#sums.length);
      for (let second = this.#expiredSecond + 1; second <= last; second++) {
        const index = second % this.#sums.length;
        expired += this.#sums[index] ?? 0;
        this.#sums[index] = 0;
      }
      this.#pending -= expired;
    }
    this.#expiredSecond = Math.max(this.#expiredSecond, nowSecond);
    return expired;
  }

  #grow(span: number): void {
    const old = this.#sums;
    const grown = new Uint32Array(Math.max(span, old.length * 2));
    for (let offset = 1; offset <= old.length; offset++) {
      const second = this.#expiredSecond + offset;
      grown[second % grown.length] = old[second % old.length] ?? 0;
    }
    this.#sums = grown;
  }
}
