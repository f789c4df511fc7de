/** Events that wait to be sent, oldest first, and never more than a given number of them. */

/** When it is full the oldest leaves: what happened last says most about how things are. */
export class WaitingLine<T> {
  #items: T[] = [];
  /** Of the first one; those before it have left. */
  #head = 0;
  #capacity: number;

  /** @param capacity at least 1 */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** @returns how many had to leave for it: 0 or 1 */
  push(item: T): number {
    this.#items.push(item);
    return this.#trim();
  }

  /** @returns how many had to leave */
  resize(capacity: number): number {
    this.#capacity = capacity;
    return this.#trim();
  }

  /** Takes the oldest ones out, at most `count`. */
  take(count: number): readonly T[] {
    const taken = this.#items.slice(this.#head, this.#head + count);
    this.#leave(taken.length);
    return taken;
  }

  /** Takes the oldest ones out, up to the first that stays. @returns how many have left */
  leaveWhile(goes: (item: T) => boolean): number {
    let end = this.#head;
    for (let item = this.#items[end]; item !== undefined && goes(item); item = this.#items[end]) end++;
    const count = end - this.#head;
    this.#leave(count);
    return count;
  }

  /** Puts back what was taken out last, before all others. @returns how many had to leave, the oldest first */
  putBack(taken: readonly T[]): number {
    this.#items = [...taken, ...this.#items.slice(this.#head)];
    this.#head = 0;
    return this.#trim();
  }

  #trim(): number {
    const excess = Math.max(0, this.length - this.#capacity);
    this.#leave(excess);
    return excess;
  }

  /** Moves the rest only when half of what is kept has left, so that a full line costs no more than a short one. */
  #leave(count: number): void {
    this.#head += count;
    if (this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
