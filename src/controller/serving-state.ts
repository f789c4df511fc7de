/** What the decisions who serves have to remember: the last one of each service, and servers that must not serve yet. */
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { Hold, ServingMemory } from '../model/serving.js';
import type { CountedState, Verdict } from '../model/status.js';
import type { VirtualService } from '../model/virtual-service.js';
import type { ServerFacts } from './facts.js';
import { RecoveryHolds, type HoldChange, type RecoveryHoldsOptions } from './recovery-holds.js';
import type { ServicesChange } from './services-change.js';

/** What is to be kept over a restart. */
export interface RememberedServing {
  readonly decisions: ReadonlyMap<ServiceKey, ServingMemory>;
  readonly holds: ServerFacts<Hold>;
}

export const NOTHING_DECIDED: RememberedServing = { decisions: new Map(), holds: new Map() };

export interface ServingStateOptions extends Pick<RecoveryHoldsOptions, 'clock' | 'onOver' | 'onChange'> {
  /** From an earlier process; copied. */
  readonly before?: RememberedServing | undefined;
}

/** One a director. */
export class ServingState implements RememberedServing {
  readonly #decisions: Map<ServiceKey, ServingMemory>;
  readonly #holds: RecoveryHolds;
  readonly #onChange: () => void;

  constructor({ before = NOTHING_DECIDED, ...options }: ServingStateOptions) {
    this.#decisions = new Map(before.decisions);
    this.#holds = new RecoveryHolds({ ...options, before: before.holds });
    this.#onChange = options.onChange;
  }

  get decisions(): ReadonlyMap<ServiceKey, ServingMemory> {
    return this.#decisions;
  }

  get holds(): ServerFacts<Hold> {
    return this.#holds.facts;
  }

  /** Remembers what was decided. @returns the decision before, or undefined */
  decided(
    service: ServiceKey,
    { tier, quorate, panic, out, primary, untold }: ServingMemory,
  ): ServingMemory | undefined {
    const before = this.#decisions.get(service);
    const memory = {
      ...{ tier, quorate, panic, out },
      ...(primary === undefined ? {} : { primary }),
      ...(untold === undefined ? {} : { untold }),
    };
    this.#decisions.set(service, memory);
    if (before === undefined ? isWorthKeeping(memory) : !sameMemory(before, memory)) this.#onChange();
    return before;
  }

  /** See `RecoveryHolds`. */
  heldAs(service: ServiceKey, server: ServerKey): CountedState | undefined {
    return this.#holds.countsAs(service, server);
  }

  /** See `RecoveryHolds`. */
  counted(service: VirtualService, server: ServerKey, before: CountedState, after: CountedState): HoldChange {
    return this.#holds.counted(service, server, before, after);
  }

  /** An operator lets the server serve again. @returns false when it was not held */
  release(service: ServiceKey, server: ServerKey): boolean {
    return this.#holds.release(service, server);
  }

  /** The service has another key from now on. */
  move(from: ServiceKey, to: ServiceKey): void {
    const decision = this.#decisions.get(from);
    if (decision !== undefined) this.#decisions.set(to, decision);
    this.#decisions.delete(from);
    this.#holds.move(from, to);
  }

  /** Follows a configuration. */
  follow(change: ServicesChange, verdicts: ServerFacts<Verdict>): void {
    for (const key of this.#decisions.keys()) if (!change.services.has(key)) this.#decisions.delete(key);
    this.#holds.follow(change, verdicts);
  }

  start(): void {
    this.#holds.start();
  }

  /** Idempotent. */
  close(): void {
    this.#holds.close();
  }
}

/** Whether the next decision could come out otherwise without it. */
export function isWorthKeeping({ quorate, panic, tier, primary }: ServingMemory): boolean {
  const isHeld = (primary?.holder ?? primary?.former ?? null) !== null;
  return !quorate || panic.length > 0 || tier !== 'primaries' || isHeld;
}

function sameMemory(a: ServingMemory, b: ServingMemory): boolean {
  return (
    a.tier === b.tier &&
    a.quorate === b.quorate &&
    a.untold === b.untold &&
    sameKeys(a.panic, b.panic) &&
    sameKeys(a.out, b.out) &&
    a.primary?.holder === b.primary?.holder &&
    a.primary?.former === b.primary?.former &&
    sameKeys(a.primary?.rivals ?? [], b.primary?.rivals ?? [])
  );
}

function sameKeys(a: readonly ServerKey[], b: readonly ServerKey[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}
