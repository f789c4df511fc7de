/** Orders of an operator to `lvsd-vrrp`, each with the answer that it is waited for. */
import type { Clock, Timer } from '../../base/clock.js';
import { ORDER_LIMIT_MS, type Order, type OrderEnd } from '../../ha/messages.js';

export type OrderVerb = Order['verb'];

export interface HaOrdersOptions {
  readonly clock: Clock;
  /** @returns false = lvsd-vrrp does not run */
  readonly send: (order: Order) => boolean;
}

/** What came of one. */
export type OrderResult = Pick<OrderEnd, 'error' | 'gapMs'>;

interface Waiting {
  readonly instance: string;
  /** Who asked, for people. */
  readonly by: string;
  readonly answer: (result: OrderResult) => void;
  readonly limit: Timer;
}

/** lvsd-vrrp itself ends an order in time; who does not answer even so hangs. */
const ANSWER_LIMIT_MS = ORDER_LIMIT_MS + 2000;

export class HaOrders {
  readonly #options: HaOrdersOptions;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(options: HaOrdersOptions) {
    this.#options = options;
  }

  /** Resolves with what came of it, within `ANSWER_LIMIT_MS`. @param by who asks, for people */
  give(verb: OrderVerb, instance: string, by: string): Promise<OrderResult> {
    const id = ++this.#lastId;
    return new Promise((answer) => {
      const limit = this.#options.clock.after(ANSWER_LIMIT_MS, () =>
        this.#end(id, failed(`lvsd-vrrp has not answered within ${ANSWER_LIMIT_MS / 1000} s`)),
      );
      this.#waiting.set(id, { instance, by, answer, limit });
      if (!this.#options.send({ kind: 'order', id, verb, instance }))
        this.#end(id, failed('lvsd-vrrp does not run'));
    });
  }

  /** Who has an order under way for one of these instances, for people; null = nobody. */
  byOf(instances: readonly string[]): string | null {
    return [...this.#waiting.values()].find(({ instance }) => instances.includes(instance))?.by ?? null;
  }

  /** What lvsd-vrrp said. An answer that nobody waits for any more is passed over. */
  ended({ id, error, gapMs }: OrderEnd): void {
    this.#end(id, { error, gapMs });
  }

  /** Nobody answers any more. */
  lost(reason: string): void {
    for (const id of [...this.#waiting.keys()]) this.#end(id, failed(reason));
  }

  #end(id: number, result: OrderResult): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    waiting.limit.cancel();
    waiting.answer(result);
  }
}

function failed(error: string): OrderResult {
  return { error, gapMs: null };
}
