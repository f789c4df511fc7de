/**
 * A slow and obvious virtual router, as RFC 9568 section 6.4 and RFC 3768 section 6.4 describe it, which counts time up
 * and computes everything anew whenever it is asked. It shares nothing with src/ha. Beside the RFC it knows what lvsd
 * promises of conditions, of late wake-ups, of orders, of preemption with a delay and of witnesses. It says in which state it is, and not what it sends.
 */

export interface ReferenceConfig {
  readonly version: 2 | 3;
  readonly priority: number;
  readonly intervalMs: number;
  readonly preemptMode: boolean;
  readonly preemptDelayMs: number;
  readonly address: string;
}

type WaitsFor = 'Active_Down_Interval' | 'Skew_Time' | 'one more interval' | 'a witness';

/** What adds up in many steps ends a little beside the mark. */
const NOTHING_MS = 1e-5;

export class ReferenceRouter {
  state: 'Initialize' | 'Backup' | 'Active' = 'Initialize';
  #config: ReferenceConfig;
  #started = false;
  readonly #conditions = new Set<string>();
  /** In Backup: since the timer was set, and for what. */
  #waitedMs = 0;
  #waitsFor: WaitsFor = 'Active_Down_Interval';
  /** Nobody becomes active before a witness has answered. */
  needsWitness = false;
  /** Questions to a witness since it last waited for something else, and when an answer may be believed after more than one. */
  #asked = 0;
  #believesFromMs: number | null = null;
  /** Counts what it waited for, so that an answer is known to be one to this wait. */
  #waits = 0;
  /** How long it has been in Backup without a break. */
  #inBackupMs = 0;
  /** It left what it had by order, and preempts nobody. */
  released = false;
  #activeAdverIntervalMs: number | 'unknown' = 'unknown';
  /** In Active: since the latest advertisement was due. */
  #silentMs = 0;
  #countedAtMs = 0;

  constructor(config: ReferenceConfig) {
    this.#config = config;
  }

  startup(nowMs: number): void {
    this.#pass(nowMs);
    if (this.#started) return;
    this.#started = true;
    this.#begin();
  }

  shutdown(nowMs: number): void {
    this.#pass(nowMs);
    this.#started = false;
    this.released = false;
    this.state = 'Initialize';
  }

  /** By order, whoever else is. */
  take(nowMs: number): void {
    const before = this.state;
    this.#pass(nowMs);
    if (before === 'Backup') this.#toActive();
  }

  /** By order. @param released it does not take it back by itself */
  yield(released: boolean, nowMs: number): void {
    this.#pass(nowMs);
    if (this.state === 'Initialize' && (!this.#started || this.#conditions.size === 0)) return;
    if (this.state === 'Active') {
      this.#activeAdverIntervalMs = 'unknown';
      this.#toBackup();
    }
    this.released ||= released;
  }

  /** Which question is open; null = none. */
  get question(): number | null {
    return this.state === 'Backup' && this.#waitsFor === 'a witness' ? this.#waits : null;
  }

  /** A witness has answered. @param question that it was asked, as `question` was then */
  witness(question: number, nowMs: number): void {
    this.#pass(nowMs);
    if (this.question !== question) return;
    if (this.#lateMs() > this.#adverIntervalMs() + NOTHING_MS) this.#wait('one more interval');
    else if (this.#believes(nowMs)) this.#toActive();
  }

  hold(condition: string, nowMs: number): void {
    this.#pass(nowMs);
    this.#conditions.add(condition);
    this.state = 'Initialize';
  }

  release(condition: string, nowMs: number): void {
    this.#pass(nowMs);
    this.#conditions.delete(condition);
    if (this.state === 'Initialize' && this.#started) this.#begin();
  }

  reconfigure(config: ReferenceConfig, nowMs: number): void {
    this.#pass(nowMs);
    this.#config = config;
    if (this.state === 'Active') this.#silentMs = 0;
    if (this.state === 'Backup' && config.priority === 255 && !this.released) this.#claim();
  }

  receive(priority: number, intervalMs: number, sender: string, nowMs: number): void {
    this.#pass(nowMs);
    const own = this.#config;
    if (sender === own.address) return;
    if (this.state === 'Backup' && priority === 0) {
      this.#wait('Skew_Time');
    } else if (this.state === 'Backup' && (!this.#preempts() || priority >= own.priority)) {
      this.#learn(intervalMs);
      this.#wait('Active_Down_Interval');
    } else if (this.state === 'Active' && priority === 0) {
      this.#silentMs = 0;
    } else if (this.state === 'Active') {
      const higher = numberOf(sender) > numberOf(own.address);
      if (priority < own.priority || (priority === own.priority && !higher)) return;
      this.#learn(intervalMs);
      this.#toBackup();
    }
  }

  /** A timer is looked at. */
  timer(nowMs: number): void {
    this.#pass(nowMs);
    const { intervalMs } = this.#config;
    if (this.state === 'Backup') {
      const lateMs = this.#lateMs();
      if (lateMs < -NOTHING_MS) return;
      const mayBeLate = this.#waitsFor !== 'one more interval';
      if (mayBeLate && lateMs > this.#adverIntervalMs() + NOTHING_MS) this.#wait('one more interval');
      else this.#claim();
    } else if (this.state === 'Active' && this.#silentMs >= intervalMs - NOTHING_MS) {
      this.#silentMs -= intervalMs;
      if (this.#silentMs >= intervalMs - NOTHING_MS) this.#silentMs = 0;
    }
  }

  /** By how much a timer is over, and nobody looked at it; below 0 while it runs. */
  overdueMs(nowMs: number): number {
    const passedMs = nowMs - this.#countedAtMs;
    if (this.state === 'Backup') return this.#waitedMs + passedMs - this.#timerMs();
    if (this.state === 'Active') return this.#silentMs + passedMs - this.#config.intervalMs;
    return -Infinity;
  }

  #begin(): void {
    if (this.#conditions.size > 0) return;
    this.#activeAdverIntervalMs = 'unknown';
    const { released } = this;
    this.#toBackup();
    this.released = released;
    if (this.#config.priority === 255 && !released) this.#claim();
  }

  #preempts(): boolean {
    const { priority, preemptMode, preemptDelayMs } = this.#config;
    if (this.released) return false;
    return priority === 255 || (preemptMode && this.#inBackupMs >= preemptDelayMs - NOTHING_MS);
  }

  #lateMs(): number {
    return this.#waitedMs - this.#timerMs();
  }

  #toBackup(): void {
    this.state = 'Backup';
    this.released = false;
    this.#inBackupMs = 0;
    this.#wait('Active_Down_Interval');
  }

  #claim(): void {
    if (this.needsWitness) this.#wait('a witness');
    else this.#toActive();
  }

  #toActive(): void {
    this.released = false;
    this.state = 'Active';
    this.#silentMs = 0;
  }

  /** A witness that kept silent once may have come back together with the active director, who gets time to be heard. */
  #believes(nowMs: number): boolean {
    if (this.#asked === 1) return true;
    const interval = this.#adverIntervalMs();
    this.#believesFromMs ??= nowMs + interval + this.#skewTimeMs(interval);
    return nowMs >= this.#believesFromMs;
  }

  #wait(waitsFor: WaitsFor): void {
    this.#asked = waitsFor === 'a witness' ? this.#asked + 1 : 0;
    if (this.#asked === 0) this.#believesFromMs = null;
    if (waitsFor !== 'a witness') this.#waits += 1;
    this.#waitsFor = waitsFor;
    this.#waitedMs = 0;
  }

  #learn(intervalMs: number): void {
    if (this.#config.version === 3) this.#activeAdverIntervalMs = intervalMs;
  }

  #adverIntervalMs(): number {
    return this.#activeAdverIntervalMs === 'unknown' ? this.#config.intervalMs : this.#activeAdverIntervalMs;
  }

  #timerMs(): number {
    if (this.#waitsFor === 'Skew_Time') return this.#skewTimeMs(this.#adverIntervalMs());
    if (this.#waitsFor === 'Active_Down_Interval') return this.#activeDownMs(this.#adverIntervalMs());
    if (this.#waitsFor === 'a witness') return this.#config.intervalMs;
    return this.#adverIntervalMs() + this.#skewTimeMs(this.#adverIntervalMs());
  }

  #skewTimeMs(adverIntervalMs: number): number {
    const part = (256 - this.#config.priority) / 256;
    return this.#config.version === 2 ? part * 1000 : part * adverIntervalMs;
  }

  #activeDownMs(adverIntervalMs: number): number {
    return adverIntervalMs + adverIntervalMs + adverIntervalMs + this.#skewTimeMs(adverIntervalMs);
  }

  /** Time has passed; who was active and did not notice it for too long is so no more. */
  #pass(nowMs: number): void {
    const passedMs = nowMs - this.#countedAtMs;
    this.#countedAtMs = nowMs;
    this.#waitedMs += passedMs;
    this.#silentMs += passedMs;
    this.#inBackupMs += passedMs;
    const limitMs = this.#activeDownMs(this.#config.intervalMs);
    if (this.state !== 'Active' || this.#silentMs <= limitMs + NOTHING_MS) return;
    this.#activeAdverIntervalMs = 'unknown';
    this.#toBackup();
  }
}

/** One that runs, or may: nothing holds it. */
export interface Candidate {
  readonly name: string;
  readonly priority: number;
  readonly preemptMode: boolean;
}

/**
 * Who may be the active one when a whole network has come to rest: nobody with Preempt_Mode has a higher priority.
 *
 * Of several that preempt the highest is the one; who does not preempt may stay below none of them.
 */
export function possibleWinners(candidates: readonly Candidate[]): readonly string[] {
  const possible = candidates.filter(
    ({ priority }) => !candidates.some((other) => other.preemptMode && other.priority > priority),
  );
  return possible.map(({ name }) => name);
}

function numberOf(address: string): bigint {
  return address.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
}
