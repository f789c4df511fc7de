/** Waiting for "there may be more", without a queue: ringing twice before anybody waits is ringing once. */

export class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  /** Wakes the waiter, or the next one to come. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves at the next ring, at once when it rang since the last wait. One waiter at a time. */
  async wait(): Promise<void> {
    if (!this.#rung) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = null;
    this.#rung = false;
  }
}
