/** Keeps a custom scheduler's mistakes from reaching the director: a fault is "no server", reported once. */
import type { Flow, Scheduler, SchedulerServer } from '../../../schedulers/types.js';
import { reasonOf } from '../../base/errors.js';

/** What a custom scheduler did wrong. */
export interface SchedulerFault {
  /** `pick`, `added`, ... */
  readonly call: string;
  /** For people. */
  readonly reason: string;
}

export class GuardedScheduler implements Scheduler {
  readonly #scheduler: Scheduler;
  readonly #isUsable: (server: unknown) => boolean;
  readonly #onFirstFault: (fault: SchedulerFault) => void;
  #faulty = false;

  /** @param isUsable whether an answer is a linked, unquiesced, not overloaded server of the service */
  constructor(
    scheduler: Scheduler,
    isUsable: (server: unknown) => boolean,
    onFirstFault: (fault: SchedulerFault) => void,
  ) {
    this.#scheduler = scheduler;
    this.#isUsable = isUsable;
    this.#onFirstFault = onFirstFault;
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
    this.#fault({ call: 'pick', reason: 'the answer is not a usable server of the service' });
    return null;
  }

  #guard<T>(call: string, action: () => T): T | undefined {
    try {
      const answer = action();
      // Left alone, the failure of an async method would end the process as an unhandled rejection.
      if (answer instanceof Promise)
        answer.catch((thrown: unknown) => this.#fault({ call, reason: reasonOf(thrown) }));
      return answer;
    } catch (thrown) {
      this.#fault({ call, reason: reasonOf(thrown) });
      return undefined;
    }
  }

  #fault(fault: SchedulerFault): void {
    if (!this.#faulty) this.#onFirstFault(fault);
    this.#faulty = true;
  }
}
