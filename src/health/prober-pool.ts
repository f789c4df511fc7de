/** All probes that run, each once, by what they ask. */
import type { RealServer } from '../model/real-server.js';
import { Prober, type ProberContext, type Taker } from './prober.js';
import { firstDelayMs } from './spread.js';
import type { MakeChecker, Question } from './types.js';

/** Makes a probe when the first taker comes and ends it when the last one leaves. */
export class ProberPool {
  readonly #context: ProberContext;
  readonly #makeChecker: MakeChecker;
  readonly #phaseOf: (probeKey: string) => number;
  readonly #probers = new Map<string, Prober>();
  /** Made, but not begun: how many begin together decides how far they are spread. */
  #new = new Set<Prober>();
  /** Told to stop, and the last probe has not settled. */
  readonly #stopping = new Set<Promise<void>>();
  #checks = 0;

  constructor(context: ProberContext, makeChecker: MakeChecker, phaseOf: (probeKey: string) => number) {
    this.#context = context;
    this.#makeChecker = makeChecker;
    this.#phaseOf = phaseOf;
  }

  get probes(): number {
    return this.#probers.size;
  }

  /** Takers of all probes. */
  get checks(): number {
    return this.#checks;
  }

  /** Gives the taker results from now on. A probe that is new begins with the next `beginNew`. */
  join(probeKey: string, check: Question, server: RealServer, taker: Taker): Prober {
    const prober = this.#probers.get(probeKey) ?? this.#make(probeKey, check, server);
    prober.join(taker);
    this.#checks++;
    return prober;
  }

  leave(probeKey: string, taker: Taker): void {
    const prober = this.#probers.get(probeKey);
    if (prober === undefined) return;
    prober.leave(taker);
    this.#checks--;
    if (prober.takers > 0) return;
    this.#probers.delete(probeKey);
    this.#new.delete(prober);
    this.#stop(prober);
  }

  beginNew(): void {
    const together = this.#new.size;
    for (const prober of this.#new) prober.begin(firstDelayMs(prober.phase, prober.paceMs, together));
    this.#new = new Set();
  }

  /** After a standstill: probes that are overdue find their places anew. */
  respread(): void {
    for (const prober of this.#probers.values()) prober.respread();
  }

  /** Stops all; resolves when every probe has settled. */
  async close(): Promise<void> {
    for (const prober of this.#probers.values()) this.#stop(prober);
    await Promise.all(this.#stopping);
  }

  #make(probeKey: string, check: Question, server: RealServer): Prober {
    const checker = this.#makeChecker(check, server);
    const prober = new Prober(this.#context, checker, check.timing.timeoutMs, this.#phaseOf(probeKey));
    this.#probers.set(probeKey, prober);
    this.#new.add(prober);
    return prober;
  }

  #stop(prober: Prober): void {
    const stopped = prober.stop().finally(() => this.#stopping.delete(stopped));
    this.#stopping.add(stopped);
  }
}
