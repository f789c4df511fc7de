/** Decides what becomes of changes that somebody else made in the table. */
import type { Clock } from '../base/clock.js';
import type { PlannedStep } from '../dataplane/address-table.js';
import type { ServiceKey } from '../model/keys.js';
import { vipKey } from '../model/vip-address.js';
import type { DriftPolicy } from '../model/virtual-service.js';
import { formatStep } from './describe-step.js';

/** Repairs of one drift after which it is another controller's doing. */
export const MOST_REPAIRS = 5;
/** Time in which they count, ms. */
export const REPAIR_WINDOW_MS = 600_000;

/** Steps that a message names. */
const MOST_NAMED = 10;

/** A difference that is left as it is. */
export interface UnrepairedDrift {
  /** `alert`: by policy; `stopped`: repaired too often. */
  readonly why: 'alert' | 'stopped';
  /** For people: the steps that would undo it. */
  readonly message: string;
}

/** What to do with the drift of one service. `tell` is null when there is nothing to tell that has not been told. */
export interface DriftDecision {
  readonly repair: boolean;
  readonly tell: { readonly type: 'drift-found' | 'repair-stopped'; readonly message: string } | null;
}

/** Counts repairs and remembers what was left; one entry a service. */
export class DriftWatch {
  readonly #clock: Clock;
  readonly #repairs = new Map<ServiceKey, Map<string, number[]>>();
  readonly #unrepaired = new Map<ServiceKey, UnrepairedDrift>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Drifts that are left in the table, but for those of policy `ignore`. */
  get unrepaired(): ReadonlyMap<ServiceKey, UnrepairedDrift> {
    return this.#unrepaired;
  }

  /** True when differences of this service are left to those who made them. */
  leaves(key: ServiceKey, policy: DriftPolicy | 'always'): boolean {
    if (policy === 'always') return false;
    return policy !== 'repair' || this.#unrepaired.get(key)?.why === 'stopped';
  }

  /**
   * Judges a drift.
   *
   * @param policy `always`: as `repair`, and never stopped, for the difference does harm for as long as it lasts
   * @param steps what would undo it, not empty
   */
  found(key: ServiceKey, policy: DriftPolicy | 'always', steps: readonly PlannedStep[]): DriftDecision {
    if (policy === 'ignore') return { repair: false, tell: null };
    const message = `somebody else changed the table; to undo: ${formatSteps(steps)}`;
    const repaired = {
      repair: true,
      tell: { type: 'drift-found', message: `${message} (being repaired)` },
    } as const;
    if (policy === 'always') return repaired;
    if (policy === 'alert') return this.#leave(key, { why: 'alert', message });
    // Who has stopped leaves every difference, also one that is new: two controllers would only go on taking turns.
    const stoppedBefore = this.#unrepaired.get(key)?.why === 'stopped';
    if (!stoppedBefore && this.#countRepair(key, signature(steps))) return repaired;
    const stopped = `repair stopped until the next reload, the same drift came back ${MOST_REPAIRS} times in 10 minutes: another controller drives this service; ${message}`;
    return this.#leave(key, { why: 'stopped', message: stopped });
  }

  /** The service is as it ought to be. */
  settled(key: ServiceKey): void {
    this.#unrepaired.delete(key);
  }

  /** Forgets everything: a new configuration was accepted, so repair starts afresh. */
  reset(): void {
    this.#repairs.clear();
    this.#unrepaired.clear();
  }

  #leave(key: ServiceKey, drift: UnrepairedDrift): DriftDecision {
    const told = this.#unrepaired.get(key)?.message === drift.message;
    this.#unrepaired.set(key, drift);
    if (told) return { repair: false, tell: null };
    const type = drift.why === 'stopped' ? 'repair-stopped' : 'drift-found';
    return { repair: false, tell: { type, message: drift.message } };
  }

  /** Counts one more repair; false when there were too many. */
  #countRepair(key: ServiceKey, drift: string): boolean {
    const ofService = this.#repairs.get(key) ?? new Map<string, number[]>();
    this.#repairs.set(key, ofService);
    const oldestMs = this.#clock.nowMs() - REPAIR_WINDOW_MS;
    // Somebody who does something else each time must not fill the memory.
    for (const [other, times] of ofService) if ((times.at(-1) ?? 0) < oldestMs) ofService.delete(other);
    const recent = (ofService.get(drift) ?? []).filter((atMs) => atMs >= oldestMs);
    ofService.set(drift, recent);
    if (recent.length >= MOST_REPAIRS) return false;
    recent.push(this.#clock.nowMs());
    return true;
  }
}

function formatSteps(steps: readonly PlannedStep[]): string {
  const named = steps.slice(0, MOST_NAMED).map(formatStep).join('; ');
  return steps.length > MOST_NAMED ? `${named}; and ${steps.length - MOST_NAMED} more` : named;
}

/** Subjects and fields without values: a controller that writes other values each time is the same drift. */
function signature(steps: readonly PlannedStep[]): string {
  return steps
    .map((step) => {
      const fields = 'changes' in step ? step.changes.map((change) => change.field) : [];
      return [step.kind, subjectOf(step), ...fields].join(' ');
    })
    .join('; ');
}

function subjectOf(step: PlannedStep): string {
  if ('vip' in step) return vipKey(step.vip);
  return 'server' in step ? step.server.key : '';
}
