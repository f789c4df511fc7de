/**
 * What keeps one instance from taking part, and what its priority suffers: a book with a page for each who says so. The same
 * words of two of them are one condition, which is gone when both have taken it back.
 */

/** Who says something of an instance. */
export type ConditionSource =
  /** The interface that it speaks by. */
  | 'interface'
  /** Other interfaces that it depends on. */
  | 'tracked-interfaces'
  /** The director, of what it sees for the instance. */
  | 'tracks'
  /** The director, of all instances: its table, and whether it lives. */
  | 'director'
  /** The other instances of its group. */
  | 'group';

/** Of these the others of a group hear: the rest they have themselves. */
const OWN: readonly ConditionSource[] = ['interface', 'tracked-interfaces', 'tracks'];

export interface ConditionsListener {
  fault(condition: string): void;
  clear(condition: string): void;
  /** The sum of all weights is another one. @param weight 0 or below */
  weigh(weight: number): void;
}

interface Page {
  readonly conditions: readonly string[];
  readonly weight: number;
}

const EMPTY: Page = { conditions: [], weight: 0 };

/** One an instance. */
export class InstanceConditions {
  readonly #listener: ConditionsListener;
  readonly #pages = new Map<ConditionSource, Page>();
  #weight = 0;

  constructor(listener: ConditionsListener) {
    this.#listener = listener;
  }

  /** Its own, not those that others of its group have brought it, nor those that all instances have. */
  get own(): readonly string[] {
    return OWN.flatMap((source) => this.#page(source).conditions);
  }

  /** What these cost it. */
  get ownWeight(): number {
    return OWN.reduce((sum, source) => sum + this.#page(source).weight, 0);
  }

  /**
   * Replaces all that the source said before. What is new is told before what is over: nothing starts in between.
   *
   * @param weight added to the priority, 0 or below
   * @returns whether the own ones are other ones now
   */
  say(source: ConditionSource, conditions: readonly string[], weight: number): boolean {
    const page = this.#page(source);
    if (page.weight === weight && sameWords(page.conditions, conditions)) return false;
    const before = this.#all();
    this.#pages.set(source, { conditions, weight });
    const now = this.#all();
    for (const condition of now) if (!before.has(condition)) this.#listener.fault(condition);
    this.#weigh();
    for (const condition of before) if (!now.has(condition)) this.#listener.clear(condition);
    return OWN.includes(source);
  }

  #weigh(): void {
    const weight = [...this.#pages.values()].reduce((sum, page) => sum + page.weight, 0);
    if (weight === this.#weight) return;
    this.#weight = weight;
    this.#listener.weigh(weight);
  }

  #all(): ReadonlySet<string> {
    return new Set([...this.#pages.values()].flatMap(({ conditions }) => conditions));
  }

  #page(source: ConditionSource): Page {
    return this.#pages.get(source) ?? EMPTY;
  }
}

function sameWords(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((word, index) => word === other[index]);
}
