/**
 * When rounds run: after changes, at resync, and again after failures. One at a time; asks of one turn, and all
 * that come while a round runs, share the next one.
 */
import type { BackoffSettings } from '../base/backoff.js';
import type { Clock, Random, Timer } from '../base/clock.js';
import { DirectorError } from '../base/errors.js';
import type { PlannedStep } from '../dataplane/address-table.js';
import type { StepError } from '../dataplane/types.js';
import type { ServerKey, ServiceKey } from '../model/keys.js';
import { isProbe } from '../model/probe-service.js';
import type { PlanSummary } from '../model/snapshot.js';
import { causeOf, DirtySet, type Causes, type DirtyServices } from './dirty-set.js';
import type { EventLog } from './event-log.js';
import { RetryBook, type Failure } from './retry-book.js';
import type { RoundOutcome, RoundRunner, RoundScope } from './round.js';
import type { RunningConfig } from './running-config.js';
import { SerialQueue } from './serial-queue.js';
import { TableError } from './table-error.js';

export interface RoundSchedulerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventLog;
  readonly config: RunningConfig;
  readonly backoff: BackoffSettings;
  readonly runner: RoundRunner;
  /** Hears of every finished round, also of one without steps; for metrics. */
  readonly onRound?: ((plan: PlanSummary) => void) | undefined;
}

/** What a round did. Failures are retried without being asked. */
export interface RoundResult {
  /** All steps of the round, those that failed included. */
  readonly steps: readonly PlannedStep[];
  /** Steps that failed, or the one reason why the table could not be read. */
  readonly failures: readonly DirectorError[];
}

/** What asks for rounds, as the status names it. */
export type RoundTrigger =
  | 'start'
  | 'reload'
  | 'verdict'
  | 'weight'
  | 'recovery'
  | 'drain'
  | 'probe'
  | 'agent'
  | 'load'
  | 'retry'
  | 'resync'
  | 'network';

/** An interface that comes up is announced several times. */
const NETWORK_SETTLES_MS = 50;

/** Rounds for weights that change by themselves take no more than one part in so many of the time. */
const LOAD_SHARE = 10;
/** They come so soon all the same, ms. */
const LONGEST_LOAD_REST_MS = 1000;

/** A dump counts anyway. */
const WHOLE_TABLE: RoundScope = { everything: true, dump: true, recount: false };

interface Ask extends RoundScope {
  readonly trigger: string;
}

export class RoundScheduler {
  readonly #options: RoundSchedulerOptions;
  readonly #failing: RetryBook<ServiceKey>;
  readonly #unreadable: RetryBook<'table'>;
  readonly #dirty = new DirtySet();
  readonly #queue = new SerialQueue();
  #asked: Ask | null = null;
  #nextRound: Promise<RoundResult> | null = null;
  #resyncTimer: Timer | null = null;
  #soonTimer: Timer | null = null;
  #loadTimer: Timer | null = null;
  /** `again`: what is marked since may need one more. */
  #loading: 'no' | 'asked' | 'again' = 'no';
  /** Before this no round for weights follows the last one; monotonic. */
  #loadRestsUntilMs = -Infinity;
  /** End of the last round that dumped the table, or tried to; monotonic. */
  #lastDumpMs = -Infinity;
  #running = false;
  #programmed = false;
  #lastPlan: PlanSummary | null = null;

  constructor(options: RoundSchedulerOptions) {
    this.#options = options;
    this.#failing = new RetryBook({ ...options, onRetry: this.#retryService });
    this.#unreadable = new RetryBook({ ...options, onRetry: this.#retryTable });
  }

  get running(): boolean {
    return this.#running;
  }

  /** Every service has been planned and applied once. */
  get programmed(): boolean {
    return this.#programmed;
  }

  /** The last round that had something to do. */
  get lastPlan(): PlanSummary | null {
    return this.#lastPlan;
  }

  /** Services with a failing step. */
  get failures(): ReadonlyMap<ServiceKey, Failure> {
    return this.#failing.failures;
  }

  /** Why the table could not be read the last time, or null. */
  get unreadable(): DirectorError | null {
    return this.#unreadable.failures.get('table')?.errors[0] ?? null;
  }

  /** Runs the first round; from then on asks are taken. */
  start(): Promise<RoundResult> {
    this.#running = true;
    return this.#ask({ ...WHOLE_TABLE, trigger: 'start' });
  }

  /** Marks a service, and perhaps one server of it, as changed by an event. Asks for nothing. */
  mark(service: ServiceKey, cause: number | null, server?: ServerKey): void {
    this.#dirty.mark(service, cause, server);
  }

  /** Plans what is marked in the next round. */
  plan(trigger: RoundTrigger): Promise<RoundResult> {
    return this.#ask({ everything: false, dump: false, recount: false, trigger });
  }

  /**
   * Plans what is marked for weights that change by themselves. With many servers they change all the time, and each round
   * plans whole services: after one follows a rest, in which changes gather. Other rounds take them along.
   */
  planLoad(): void {
    if (!this.#running || this.#loadTimer !== null) return;
    if (this.#loading !== 'no') {
      this.#loading = 'again';
      return;
    }
    const { clock } = this.#options;
    const restMs = this.#loadRestsUntilMs - clock.nowMs();
    if (restMs <= 0) void this.#load();
    else
      this.#loadTimer = clock.after(restMs, () => {
        this.#loadTimer = null;
        void this.#load();
      });
  }

  /** As `plan`, with steps for people to read. */
  planReload(): Promise<RoundResult> {
    return this.#ask({ everything: false, dump: false, recount: true, trigger: 'reload' });
  }

  /** Runs a task while no round runs. */
  exclusive<Result>(task: () => Promise<Result>): Promise<Result> {
    return this.#queue.run(task);
  }

  /**
   * Sets the time of the next full dump anew, by the interval of the running configuration. It counts from the last dump:
   * reloads that follow one another closely must not put it off for ever.
   */
  armResync(): void {
    this.#resyncTimer?.cancel();
    if (!this.#running) return;
    const { clock, config } = this.#options;
    const dueMs = this.#lastDumpMs + config.director.resyncMs;
    this.#resyncTimer = clock.after(Math.max(0, dueMs - clock.nowMs()), () => {
      void this.#ask({ ...WHOLE_TABLE, trigger: 'resync' });
    });
  }

  /** Dumps and plans everything shortly, once for all changes of the network that come in a burst. */
  resyncSoon(): void {
    if (!this.#running) return;
    this.#soonTimer ??= this.#options.clock.after(NETWORK_SETTLES_MS, () => {
      this.#soonTimer = null;
      void this.#ask({ ...WHOLE_TABLE, trigger: 'network' });
    });
  }

  /** Stops timers and waits for the running round; those that have not begun do nothing. Idempotent. */
  async close(): Promise<void> {
    this.#running = false;
    this.#stopTimers();
    await this.#queue.idle();
    this.#stopTimers();
  }

  async #load(): Promise<void> {
    const { clock } = this.#options;
    const askedMs = clock.nowMs();
    this.#loading = 'asked';
    await this.plan('load');
    const again = (this.#loading as 'asked' | 'again') === 'again';
    this.#loading = 'no';
    const nowMs = clock.nowMs();
    this.#loadRestsUntilMs = nowMs + Math.min(LONGEST_LOAD_REST_MS, (LOAD_SHARE - 1) * (nowMs - askedMs));
    if (again) this.planLoad();
  }

  readonly #retryService = (key: ServiceKey): void => {
    this.#dirty.mark(key, null);
    void this.plan('retry');
  };

  readonly #retryTable = (): void => {
    void this.#ask({ ...WHOLE_TABLE, trigger: 'retry' });
  };

  #ask(ask: Ask): Promise<RoundResult> {
    this.#asked = this.#asked === null ? ask : mergeAsks(this.#asked, ask);
    this.#nextRound ??= this.#queue.run(() => {
      const asked = this.#asked ?? ask;
      this.#asked = null;
      this.#nextRound = null;
      return this.#running ? this.#round(asked) : Promise.resolve(closedResult());
    });
    return this.#nextRound;
  }

  async #round(ask: Ask): Promise<RoundResult> {
    const startedMs = this.#options.clock.nowMs();
    const dirty = this.#dirty.take();
    try {
      const outcome = await this.#options.runner.run(ask, dirty, this.failures);
      this.#unreadable.succeeded('table');
      this.#programmed ||= ask.everything;
      this.#settle(outcome, dirty);
      this.#summarize(ask, outcome, startedMs);
      return { steps: listedSteps(outcome.steps), failures: outcome.failed };
    } catch (thrown) {
      this.#dirty.putBack(dirty);
      if (!(thrown instanceof TableError)) throw thrown;
      this.#tableFailed(thrown);
      return { steps: [], failures: [thrown] };
    } finally {
      if (ask.dump) {
        this.#lastDumpMs = this.#options.clock.nowMs();
        this.armResync();
      }
    }
  }

  #settle({ failedServices, planned }: RoundOutcome, dirty: DirtyServices): void {
    for (const [key, errors] of failedServices) this.#failed(key, errors, dirty.get(key));
    for (const key of planned) if (!failedServices.has(key)) this.#succeeded(key);
  }

  #failed(key: ServiceKey, errors: readonly StepError[], causes: Causes | undefined): void {
    const [first] = errors;
    const told = this.#failing.failures.get(key)?.errors[0]?.message;
    this.#failing.failed(key, errors);
    if (causes !== undefined) this.#dirty.owe(key, causes);
    if (first === undefined || first.message === told) return;
    const server = first.details.server as ServerKey | null;
    this.#tell('service-error', key, first.message, causeOf(causes, server));
  }

  /** A service that left the file has not recovered; its removal is told already. */
  #succeeded(key: ServiceKey): void {
    this.#dirty.paid(key);
    if (this.#failing.succeeded(key) && this.#options.config.services.has(key))
      this.#tell('service-recovered', key, 'every step succeeded', null);
  }

  #tell(
    type: 'service-error' | 'service-recovered',
    key: ServiceKey,
    message: string,
    cause: number | null,
  ): void {
    const service = this.#options.config.ownership.services.get(key) ?? key;
    // The verdict of the server that it is for says why it could not be asked.
    if (isProbe({ name: service })) return;
    this.#options.events.append({ type, service, message, cause });
  }

  #tableFailed(error: TableError): void {
    const before = this.unreadable?.message;
    this.#unreadable.failed('table', [error]);
    if (error.message !== before)
      this.#options.events.append({ type: 'service-error', message: error.message });
  }

  /** A round that found nothing to do does not hide the last plan that did something. */
  #summarize({ trigger }: Ask, outcome: RoundOutcome, startedMs: number): void {
    const [steps, failed] = [listedSteps(outcome.steps), outcome.failed];
    const { clock, onRound } = this.#options;
    const durationMs = clock.nowMs() - startedMs;
    const counts = { steps: steps.length, failed: failed.length };
    const plan = { atMs: clock.wallMs(), trigger, ...counts, durationMs };
    onRound?.(plan);
    if (steps.length > 0 || this.#lastPlan === null || trigger.includes('reload')) this.#lastPlan = plan;
  }

  #stopTimers(): void {
    this.#resyncTimer?.cancel();
    this.#soonTimer?.cancel();
    this.#loadTimer?.cancel();
    this.#failing.close();
    this.#unreadable.close();
  }
}

/** What people hear of: that probes have their services in the table is nobody's business. */
function listedSteps(steps: readonly PlannedStep[]): readonly PlannedStep[] {
  return steps.filter(({ service }) => !isProbe(service));
}

function mergeAsks(first: Ask, second: Ask): Ask {
  return {
    everything: first.everything || second.everything,
    dump: first.dump || second.dump,
    recount: first.recount || second.recount,
    trigger: [...new Set([...first.trigger.split(', '), second.trigger])].join(', '),
  };
}

function closedResult(): RoundResult {
  const message = 'plan the table: the reconciler is not running';
  const error = new DirectorError(message, { code: 'ERR_RECONCILER_CLOSED', details: {} });
  return { steps: [], failures: [error] };
}
