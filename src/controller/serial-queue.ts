/** One asynchronous task at a time, in the order of asking. */

/** A task's failure is its asker's; it does not stop the queue. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs the task when all earlier ones have ended, never in the asker's own turn. */
  run<Result>(task: () => Promise<Result>): Promise<Result> {
    const running = this.#tail.then(task);
    this.#tail = running.catch(() => undefined);
    return running;
  }

  /** Resolves when every task asked for so far has ended; never rejects. */
  async idle(): Promise<void> {
    await this.#tail;
  }
}
