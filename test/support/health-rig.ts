/** Servers that fail as a test says, under the health engine and a clock that stands still until the test moves it. */
import type { Timer } from '../../src/base/clock.js';
import { HealthRunner, type HealthRunnerOptions, type RememberedVerdict } from '../../src/health/runner.js';
import type { ActiveCheck, Checker, ProbeResult } from '../../src/health/types.js';
import type { ServerKey, ServiceKey } from '../../src/model/keys.js';
import type { Verdict } from '../../src/model/status.js';
import type { VirtualService } from '../../src/model/virtual-service.js';
import { FakeClock } from './fake-clock.js';
import { keyOf, server, serverKeyOf, service } from './models.js';

export { tcpCheck as tcp } from './tcp-check.js';

/** What a probe meets. */
export type Behaviour =
  | 'well'
  | 'refused'
  /** No answer, ever. */
  | 'silent'
  /** No answer, and deaf to the end of its time: a bug of a checker. */
  | 'deaf'
  | 'bug'
  /** The director lacks what a probe needs. */
  | 'unmade'
  /** Well, or refused, after so many ms. */
  | { readonly wellAfterMs: number }
  | { readonly refusedAfterMs: number };

/** @param nowMs since the beginning @param port of the probe */
export type Behave = (nowMs: number, port: number) => Behaviour;

/** A service on 192.0.2.`host`:80 whose servers are 10.0.0.1:`port`. */
export function shop(
  checks: readonly ActiveCheck[],
  changes: Partial<Pick<VirtualService, 'initial' | 'requiredChecks'>> & { readonly host?: number } = {},
  ports: readonly number[] = [80],
): VirtualService {
  const { host = 1, ...others } = changes;
  const servers = ports.map((port) => server(`10.0.0.1:${port}`));
  return service(`shop${host}`, `192.0.2.${host}:80`, servers, { checks, ...others });
}

export class HealthRig {
  readonly clock = new FakeClock(0);
  readonly runner: HealthRunner;
  /** `7.0s down: refused`: each change of a verdict's state, or of what it counts as. */
  readonly changes: string[] = [];
  /** Of the same server and service, as `service server`. */
  readonly #last = new Map<string, string>();
  readonly stalls: number[] = [];
  readonly probes: { atMs: number; port: number }[] = [];
  behave: Behave = () => 'well';
  running = 0;
  mostRunning = 0;
  /** Servers are named in `changes`. */
  named = false;

  constructor(options: Partial<HealthRunnerOptions> = {}) {
    this.runner = new HealthRunner({
      clock: this.clock,
      random: () => 0,
      phaseOf: () => 0,
      makeChecker: (check, { port }) => this.#checker(('port' in check ? check.port : null) ?? port),
      onVerdict: (serviceKey, serverKey, verdict) => this.#note(serviceKey, serverKey, verdict),
      onStall: ({ durationMs }) => this.stalls.push(durationMs),
      ...options,
    });
  }

  configure(services: readonly VirtualService[], remembered?: RememberedVerdict): void {
    this.runner.configure(services, remembered);
  }

  /** Lets time go by until `untilMs` of the clock. */
  async until(untilMs: number): Promise<void> {
    await this.clock.advanceAsync(untilMs - this.clock.nowMs());
  }

  verdict(port = 80, host = 1) {
    const found = this.runner.verdict(keyOf(`192.0.2.${host}:80`), serverKeyOf(`10.0.0.1:${port}`));
    if (found === null) throw new Error(`no verdict about ${port}`);
    return found;
  }

  #note(serviceKey: ServiceKey, serverKey: ServerKey, verdict: Verdict): void {
    const { state, countsAs, reason } = verdict;
    const what = state === 'unknown' ? `unknown (${countsAs})` : state;
    const subject = `${serviceKey} ${serverKey}`;
    if (this.#last.get(subject) === what) return;
    this.#last.set(subject, what);
    const name = this.named ? `${serverKey} ` : '';
    this.changes.push(`${(this.clock.nowMs() / 1000).toFixed(1)}s ${name}${what}: ${reason}`);
  }

  /** A checker whose probes meet what is said when they begin. */
  scripted(port: number, behave: () => Behaviour): Checker {
    return { probe: (signal) => this.#probe(port, behave, signal) };
  }

  #checker(port: number): Checker {
    return this.scripted(port, () => this.behave(this.clock.nowMs(), port));
  }

  async #probe(port: number, behave: () => Behaviour, signal: AbortSignal): Promise<ProbeResult> {
    this.probes.push({ atMs: this.clock.nowMs(), port });
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    try {
      return await this.#meet(behave(), signal);
    } finally {
      this.running--;
    }
  }

  #meet(behaviour: Behaviour, signal: AbortSignal): Promise<ProbeResult> {
    if (behaviour === 'bug') throw new TypeError('a bug');
    if (behaviour === 'deaf') return new Promise(() => undefined);
    if (behaviour === 'unmade') return Promise.resolve({ ok: null, reason: 'EMFILE' });
    if (behaviour === 'well') return Promise.resolve({ ok: true, detail: 'connected' });
    if (behaviour === 'refused') return Promise.resolve({ ok: false, reason: 'refused' });
    return new Promise((resolve) => {
      let timer: Timer | null = null;
      const aborted = (): void => {
        timer?.cancel();
        resolve({ ok: false, reason: (signal.reason as Error).message });
      };
      signal.addEventListener('abort', aborted, { once: true });
      if (behaviour === 'silent') return;
      const [delayMs, result]: [number, ProbeResult] =
        'wellAfterMs' in behaviour
          ? [behaviour.wellAfterMs, { ok: true, detail: 'connected' }]
          : [behaviour.refusedAfterMs, { ok: false, reason: 'refused' }];
      timer = this.clock.after(delayMs, () => resolve(result));
    });
  }
}
