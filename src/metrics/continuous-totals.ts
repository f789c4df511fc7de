/**
 * Keeps counters rising. A data plane counts from zero again when an entry was deleted and made anew, as happens to
 * a server that fails and comes back; the exposed series goes on where it was.
 */

interface Series {
  round: number;
  /** As last read. */
  raw: readonly number[];
  /** As exposed. */
  totals: readonly number[];
}

/** Totals by series. A series that a round does not mention is forgotten when that round ends. */
export class ContinuousTotals {
  readonly #series = new Map<string, Series>();
  #lastRound = 0;

  /** Begins one reading of all counters. Rounds may overlap; a later one is a newer picture. */
  begin(): number {
    return ++this.#lastRound;
  }

  /**
   * The totals of one series after reading `raw`; a value below the last one read counts from zero.
   *
   * In a round that a newer one has overtaken, the newer totals.
   * @param key identity of the series
   * @param raw its counters, always as many and in the same order
   */
  advance(round: number, key: string, raw: readonly number[]): readonly number[] {
    const before = this.#series.get(key);
    if (before !== undefined && before.round > round) return before.totals;
    const totals = before === undefined ? raw : raw.map((value, index) => continued(before, index, value));
    this.#series.set(key, { round, raw, totals });
    return totals;
  }

  /**
   * The totals of one series whose counters cannot be read at the moment: they stay, and so does what the next
   * reading is compared with, since a server that comes back may go on counting where it was.
   *
   * @returns null for a series that was never read
   */
  hold(round: number, key: string): readonly number[] | null {
    const before = this.#series.get(key);
    if (before === undefined) return null;
    before.round = Math.max(before.round, round);
    return before.totals;
  }

  /** Forgets the series that neither this round nor a newer one has mentioned. */
  end(round: number): void {
    for (const [key, series] of this.#series) if (series.round < round) this.#series.delete(key);
  }
}

function continued(before: Series, index: number, value: number): number {
  const last = before.raw[index] ?? 0;
  const total = before.totals[index] ?? 0;
  return total + (value >= last ? value - last : value);
}
