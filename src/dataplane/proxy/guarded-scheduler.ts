/** Keeps a custom scheduler's mistakes from reaching the director: a fault is "no server", reported once a kind. */
import type { Flow, Scheduler, SchedulerServer } from '../../../schedulers/types.js';
import { reasonOf } from '../../base/errors.js';

/** What a custom scheduler did wrong. */
export interface SchedulerFault {
  /** `pick`, `added`, ... */
  readonly call: string;
  /** For people. */
  readonly reason: string;
}

const WRONG_ANSWER: SchedulerFault = {
  call: 'pick',
  reason: 'the answer is not a usable server of the service',
};

export class GuardedScheduler implements Scheduler {
  readonly #scheduler: Scheduler;
  readonly #isUsable: (server: unknown) => boolean;
  readonly #onFault: (fault: SchedulerFault) => void;
  readonly #faults = new Map<string, SchedulerFault>();

  /**
   * @param isUsable whether an answer is a linked, unquiesced, not overloaded server of the service
   * @param onFault hears of the first fault of each kind: a call that throws, an answer that is wrong
   */
  constructor(
    scheduler: Scheduler,
    isUsable: (server: unknown) => boolean,
    onFault: (fault: SchedulerFault) => void,
  ) {
    this.#scheduler = scheduler;
    this.#isUsable = isUsable;
    this.#onFault = onFault;
  }

  /** The first of each kind. */
  get faults(): readonly SchedulerFault[] {
    return [...this.#faults.values()];
  }

  bind(servers: readonly SchedulerServer[]): void {
    this.#guard('bind', () => {
      if (this.#scheduler.bind !== undefined) this.#scheduler.bind([...servers]);
      else for (const server of [...servers].reverse()) this.#scheduler.added(server);
    });
  }

  added(server: SchedulerServer): void {
    this.#guard('added', () => this.#scheduler.added(server));
  }

  edited(server: SchedulerServer): void {
    this.#guard('edited', () => this.#scheduler.edited(server));
  }

  removed(server: SchedulerServer): void {
    this.#guard('removed', () => this.#scheduler.removed(server));
  }

  pick(flow: Flow, nowMs: number): SchedulerServer | null {
    const answer = this.#guard('pick', () => this.#scheduler.pick(flow, nowMs));
    if (answer === null || answer === undefined) return null;
    if (this.#isUsable(answer)) return answer;
    this.#fault('wrong answer', WRONG_ANSWER);
    return null;
  }

  #guard<T>(call: string, action: () => T): T | undefined {
    try {
      const answer = action();
      // Left alone, the failure of an async method would end the process as an unhandled rejection.
      if (answer instanceof Promise)
        answer.catch((thrown: unknown) => this.#fault(call, { call, reason: reasonOf(thrown) }));
      return answer;
    } catch (thrown) {
      this.#fault(call, { call, reason: reasonOf(thrown) });
      return undefined;
    }
  }

  #fault(kind: string, fault: SchedulerFault): void {
    if (this.#faults.has(kind)) return;
    this.#faults.set(kind, fault);
    this.#onFault(fault);
  }
}
