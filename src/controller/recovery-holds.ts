/**
 * Servers that failed under `recovery: manual` or a delay: they serve again when an operator says so or their time has
 * come, not when a check does.
 *
 *             failed                answers again                 time is over, or an operator
 *   serves ───────────► failed ◄───────────────────► recovered ──────────────────────────────► serves
 *                              fails again                         (an operator: from failed, too)
 */
import type { Clock, Timer } from '../base/clock.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import type { Hold, Recovery } from '../model/serving.js';
import type { CountedState, Verdict } from '../model/status.js';
import type { VirtualService } from '../model/virtual-service.js';
import { copyFacts, dropFact, putFact, type KeptFacts, type ServerFacts } from './facts.js';
import type { ServicesChange } from './services-change.js';

export interface RecoveryHoldsOptions {
  readonly clock: Clock;
  /** From an earlier process; copied. */
  readonly before?: ServerFacts<Hold> | undefined;
  /** A server's time is over: its hold is gone. */
  readonly onOver: (service: ServiceKey, server: ServerKey) => void;
  /** Something is to be remembered. */
  readonly onChange: () => void;
}

/** What a verdict comes to for recovery: who is down for its role alone has not failed. */
export function healthOf({ countsAs, byRole }: Pick<Verdict, 'countsAs' | 'byRole'>): CountedState {
  return byRole === true ? 'up' : countsAs;
}

/** What a verdict did to a hold; null when nothing that anybody has to know. */
export type HoldChange = 'recovered' | 'failed' | null;

/** Nothing runs by itself before `start`. */
export class RecoveryHolds {
  readonly #options: RecoveryHoldsOptions;
  readonly #holds: KeptFacts<Hold>;
  readonly #timers = new Map<string, Timer>();
  #running = false;

  constructor(options: RecoveryHoldsOptions) {
    this.#options = options;
    this.#holds = copyFacts(options.before ?? new Map());
  }

  /** A live view. */
  get facts(): ServerFacts<Hold> {
    return this.#holds;
  }

  /** Begins to wait for those whose time comes by itself. */
  start(): void {
    this.#running = true;
    for (const [service, holds] of this.#holds) for (const server of holds.keys()) this.#arm(service, server);
  }

  /**
   * What a held server counts as, whatever is known of it: `down` until it has answered. After a restart its verdict may
   * be too old to be kept. Undefined when it is not held.
   */
  countsAs(service: ServiceKey, server: ServerKey): CountedState | undefined {
    const hold = this.#holds.get(service)?.get(server);
    if (hold === undefined) return undefined;
    return hold.recoveredMs === null ? 'down' : 'up';
  }

  /** Takes over what a server counts as from now on. Only what was taken for well can fail. */
  counted(
    { key, recovery }: Pick<VirtualService, 'key' | 'recovery'>,
    server: ServerKey,
    before: CountedState,
    after: CountedState,
  ): HoldChange {
    if (before === after || recovery.kind === 'auto') return null;
    const hold = this.#holds.get(key)?.get(server);
    const wallMs = this.#options.clock.wallMs();
    if (after === 'down') this.#set(key, server, { failedMs: wallMs, recoveredMs: null, untilMs: null });
    else if (hold === undefined) return null;
    else this.#set(key, server, recovered(hold, recovery, wallMs));
    return after === 'down' ? 'failed' : 'recovered';
  }

  /** An operator lets the server serve again, now or as soon as it is well. @returns false when it is not held */
  release(service: ServiceKey, server: ServerKey): boolean {
    if (this.#holds.get(service)?.has(server) !== true) return false;
    this.#forget(service, server);
    this.#options.onChange();
    return true;
  }

  /** The service has another key from now on. */
  move(from: ServiceKey, to: ServiceKey): void {
    for (const [server, hold] of this.#holds.get(from) ?? []) {
      this.#forget(from, server);
      this.#set(to, server, hold);
    }
  }

  /**
   * Follows a configuration: forgets who is not in it or needs no hold, sets times by its delays, and holds whoever is
   * down by now where the one before did not hold anybody.
   * At a start what was remembered is all there is.
   */
  follow({ services, before, changed, movedFrom }: ServicesChange, verdicts: ServerFacts<Verdict>): void {
    for (const [key, holds] of this.#holds) {
      const service = services.get(key);
      const kept = new Set(service?.servers.map((server) => server.key));
      for (const [server, hold] of holds) {
        if (service === undefined || service.recovery.kind === 'auto' || !kept.has(server))
          this.release(key, server);
        else if (hold.recoveredMs !== null)
          this.#retime(key, server, recovered(hold, service.recovery, hold.recoveredMs));
        // No check will ever say that it is well. Of a service that goes on, the end of the checks is told as a verdict.
        else if (
          before?.has(key) !== true &&
          service.checks.length === 0 &&
          verdicts.get(key)?.has(server) !== true
        )
          this.#set(key, server, recovered(hold, service.recovery, this.#options.clock.wallMs()));
      }
    }
    for (const service of changed) {
      const last = before?.get(movedFrom.get(service.key) ?? service.key);
      if (service.recovery.kind !== 'auto' && last?.recovery.kind === 'auto')
        this.#holdFailed(service, verdicts.get(service.key));
    }
  }

  /** Stops waiting. Idempotent. */
  close(): void {
    this.#running = false;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #holdFailed({ key, servers }: VirtualService, verdicts: ReadonlyMap<ServerKey, Verdict> | undefined): void {
    for (const server of servers) {
      const verdict = verdicts?.get(server.key);
      if (verdict?.countsAs !== 'down' || verdict.byRole === true || verdict.checkedAtMs === null) continue;
      this.#set(key, server.key, { failedMs: verdict.sinceMs, recoveredMs: null, untilMs: null });
    }
  }

  #set(service: ServiceKey, server: ServerKey, hold: Hold): void {
    putFact(this.#holds, service, server, hold);
    this.#arm(service, server);
    this.#options.onChange();
  }

  /** Leaves the timer of one whose delay is as before: by the wall clock it might come out otherwise. */
  #retime(service: ServiceKey, server: ServerKey, hold: Hold): void {
    if (this.#holds.get(service)?.get(server)?.untilMs !== hold.untilMs) this.#set(service, server, hold);
  }

  #forget(service: ServiceKey, server: ServerKey): void {
    this.#cancel(service, server);
    dropFact(this.#holds, service, server);
  }

  /** By the monotonic clock: one that is set while the server waits changes nothing. */
  #arm(service: ServiceKey, server: ServerKey): void {
    this.#cancel(service, server);
    const hold = this.#holds.get(service)?.get(server);
    if (
      !this.#running ||
      hold?.recoveredMs === undefined ||
      hold.recoveredMs === null ||
      hold.untilMs === null
    )
      return;
    const { clock, onOver, onChange } = this.#options;
    // Not longer than the whole delay, wherever the wall clock was when the hold was written.
    const leftMs = Math.min(hold.untilMs - clock.wallMs(), hold.untilMs - hold.recoveredMs);
    const timer = clock.after(Math.max(0, leftMs), () => {
      this.#forget(service, server);
      onChange();
      onOver(service, server);
    });
    this.#timers.set(timerKey(service, server), timer);
  }

  #cancel(service: ServiceKey, server: ServerKey): void {
    this.#timers.get(timerKey(service, server))?.cancel();
    this.#timers.delete(timerKey(service, server));
  }
}

function recovered(hold: Hold, recovery: Recovery, recoveredMs: number): Hold {
  const untilMs = recovery.kind === 'delayed' ? recoveredMs + recovery.delayMs : null;
  return { ...hold, recoveredMs, untilMs };
}

function timerKey(service: ServiceKey, server: ServerKey): string {
  return `${service} ${server}`;
}
