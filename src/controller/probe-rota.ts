/**
 * Which probe services are in the table while there may be fewer than are wanted: the others take turns. Pure but for what
 * it remembers; who changes the table is told by what `take` says.
 */

/** What became of the wish for a turn. */
export type ProbeTurn =
  /** It has its place; `changed`: since now, and perhaps instead of another. */
  | { readonly kind: 'placed'; readonly changed: boolean }
  /** Every place is in use at this moment. */
  | { readonly kind: 'full' }
  | { readonly kind: 'unknown' };

export class ProbeRota {
  #wanted: ReadonlySet<string> = new Set();
  #most = 0;
  /** Those with a place, by how many probes are under way; whose last probe is the longest ago comes first. */
  readonly #placed = new Map<string, number>();

  /** Names of services that are to be in the table. A copy. */
  get placed(): readonly string[] {
    return [...this.#placed.keys()];
  }

  /**
   * Follows a configuration: who has a place and is still wanted keeps it, and what is left is given in order.
   *
   * @param wanted each once
   * @param most places, at least 0; a place that is in use is kept beyond that until its probe has ended
   */
  follow(wanted: readonly string[], most: number): void {
    this.#wanted = new Set(wanted);
    this.#most = most;
    for (const name of [...this.#placed.keys()]) if (!this.#wanted.has(name)) this.#placed.delete(name);
    this.#shrink();
    for (const name of wanted) {
      if (this.#placed.size >= most) return;
      if (!this.#placed.has(name)) this.#placed.set(name, 0);
    }
  }

  /** A probe begins: its service gets a place, if need be that of the one who has waited longest since its own probe. */
  take(name: string): ProbeTurn {
    if (!this.#wanted.has(name)) return { kind: 'unknown' };
    const uses = this.#placed.get(name);
    if (uses === undefined && !this.#makeRoom()) return { kind: 'full' };
    this.#placed.delete(name);
    this.#placed.set(name, (uses ?? 0) + 1);
    return { kind: 'placed', changed: uses === undefined };
  }

  /** The probe has ended. @returns whether places were given up, as there are fewer by now */
  release(name: string): boolean {
    const uses = this.#placed.get(name);
    if (uses === undefined) return false;
    this.#placed.set(name, Math.max(0, uses - 1));
    return this.#shrink();
  }

  #makeRoom(): boolean {
    if (this.#placed.size < this.#most) return true;
    if (this.#placed.size > this.#most) return false;
    return this.#dropIdle();
  }

  #shrink(): boolean {
    let dropped = false;
    while (this.#placed.size > this.#most && this.#dropIdle()) dropped = true;
    return dropped;
  }

  #dropIdle(): boolean {
    for (const [name, uses] of this.#placed) {
      if (uses > 0) continue;
      this.#placed.delete(name);
      return true;
    }
    return false;
  }
}
