/**
 * Which answer of a witness an instance believes. Pure, but for what it remembers of one wait.
 *
 * One that answers the first question of a silence answers while the other director is silent. One that did not answer at
 * first may have come back together with the other director, when this one's cable did: then there is one more interval to
 * hear that one before an answer counts.
 */
export class WitnessWait {
  #number = 0;
  #questions = 0;
  #believedFromMs: number | null = null;

  /** Somebody was heard, or it is no wait for a witness any more. */
  end(): void {
    this.#number += 1;
    this.#questions = 0;
    this.#believedFromMs = null;
  }

  /** A witness is asked. @returns what `isOpen` takes */
  ask(): number {
    this.#questions += 1;
    return this.#number;
  }

  /** Whether it is the same wait still. */
  isOpen(number: number): boolean {
    return number === this.#number;
  }

  /** @param listenMs how long the other director may need to be heard */
  believes(nowMs: number, listenMs: number): boolean {
    if (this.#questions <= 1) return true;
    this.#believedFromMs ??= nowMs + listenMs;
    return nowMs >= this.#believedFromMs;
  }
}
