/** The kernel's IPVS table as a data plane: lvsd programs it, and the kernel forwards every packet. */
import type { IpvsTable } from '../../../native/ipvs/table.js';
import type { IpvsService } from '../../../native/ipvs/types.js';
import { readConnections, type IpvsConnection } from '../../../native/proc/connections.js';
import { loadModule } from '../../../native/proc/modules.js';
import type { Clock } from '../../base/clock.js';
import { DirectorError, reasonOf } from '../../base/errors.js';
import { takeTurns } from '../../base/take-turns.js';
import type { ServiceKey } from '../../model/keys.js';
import type { SyncDaemon, SyncRole } from '../../model/sync-daemon.js';
import type {
  ConnectionFilter,
  ConnectionRecord,
  Dataplane,
  ObservedTable,
  Step,
  StepError,
  StepResult,
} from '../types.js';
import { fromIpvsFamily } from './convert-keys.js';
import { listConnections, readOwners } from './kernel-connections.js';
import { setTimeouts, type KernelTimeouts, type WantedTimeouts } from './kernel-timeouts.js';
import { noMatchMarks, type MatchMarks } from './match-marks.js';
import type { MarkRuleTable } from './rules/mark-rule.js';
import { MatchServices } from './rules/match-services.js';
import { ModuleLoader, type LoadModule } from './module-loader.js';
import { refusal } from './refusal.js';
import { failedStep } from './step-error.js';
import { StepRunner } from './step-runner.js';
import { listSyncDaemons, startSyncDaemon, stopSyncDaemon } from './sync-daemons.js';
import { listServices, readTable } from './table-reader.js';

const DONE: StepResult = { ok: true };

const NO_FAILURES: ReadonlyMap<Step, StepError> = new Map();

export interface KernelDataplaneOptions {
  /** Owned from then on, and closed with the plane. */
  readonly table: IpvsTable;
  readonly clock: Clock;
  /** Default: there are no `match` services. */
  readonly marks?: MatchMarks;
  /** Where the rules are that set these marks. Default: somebody else sets them. */
  readonly rules?: MarkRuleTable;
  /** Default: modprobe. */
  readonly loadModule?: LoadModule;
  /** Default: those of this thread's network namespace. */
  readonly readConnections?: () => Iterable<IpvsConnection>;
}

/**
 * Drives one network namespace's table, which outlives it.
 *
 * A request takes effect inside the system call that sends it, so nothing of one call is half done when another begins;
 * only large tables are read, and long plans run, in several turns of the loop.
 */
export class KernelDataplane implements Dataplane {
  readonly kind = 'kernel';
  readonly #table: IpvsTable;
  readonly #clock: Clock;
  readonly #marks: MatchMarks;
  readonly #readConnections: () => Iterable<IpvsConnection>;
  readonly #matches: MatchServices | null;
  readonly #runner: StepRunner;
  #closed = false;

  constructor(options: KernelDataplaneOptions) {
    this.#table = options.table;
    this.#clock = options.clock;
    this.#marks = options.marks ?? noMatchMarks;
    this.#readConnections = options.readConnections ?? readConnections;
    const { rules } = options;
    this.#matches = rules === undefined ? null : new MatchServices({ marks: this.#marks, rules });
    const modules = new ModuleLoader(options.loadModule ?? loadModule);
    this.#runner = new StepRunner({ table: this.#table, marks: this.#marks, modules });
  }

  async observe(keys?: ReadonlySet<ServiceKey>): Promise<ObservedTable> {
    try {
      this.#requireOpen();
      const services = listServices(this.#table, keys, this.#marks);
      return await readTable(this.#table, services, await this.#look(services), takeTurns(this.#clock));
    } catch (thrown) {
      throw unreadable('table', thrown);
    }
  }

  async apply(steps: readonly Step[]): Promise<readonly StepResult[]> {
    if (this.#closed) return steps.map((step) => ({ ok: false, error: failedStep(step, closedRefusal()) }));
    const refused = (await this.#matches?.before(steps)) ?? NO_FAILURES;
    const runnable = refused.size === 0 ? steps : steps.filter((step) => !refused.has(step));
    const results = await this.#runner.run(runnable, takeTurns(this.#clock));
    const unmarked = (await this.#matches?.after(runnable, results)) ?? NO_FAILURES;
    if (refused.size + unmarked.size === 0) return results;
    const byStep = new Map(runnable.map((step, index) => [step, results[index]]));
    return steps.map((step) => {
      const error = refused.get(step) ?? unmarked.get(step);
      return error === undefined ? (byStep.get(step) ?? DONE) : { ok: false, error };
    });
  }

  async *connections(filter: ConnectionFilter): AsyncGenerator<ConnectionRecord, void> {
    try {
      this.#requireOpen();
      const turn = takeTurns(this.#clock);
      const owners = await readOwners(this.#table, this.#marks, turn);
      yield* listConnections(this.#readConnections(), owners, filter, turn);
    } catch (thrown) {
      throw unreadable('connections', thrown);
    }
  }

  /**
   * Sets the namespace's timeouts, those alone that differ; they hold for every service, foreign ones too.
   *
   * @returns what was before; given to this method, it restores that
   * @throws DirectorError `ERR_TIMEOUTS`
   */
  configure(timeouts: WantedTimeouts): KernelTimeouts {
    return setTimeouts(this.#table, timeouts);
  }

  /** The daemons that synchronise connections, at most one of each role. @throws DirectorError `ERR_SYNC_DAEMON` */
  syncDaemons(): readonly SyncDaemon[] {
    return listSyncDaemons(this.#table);
  }

  /** @throws DirectorError `ERR_SYNC_DAEMON`, also when one of that role runs */
  startSyncDaemon(daemon: SyncDaemon): void {
    startSyncDaemon(this.#table, daemon);
  }

  /** One that does not run is stopped. @throws DirectorError `ERR_SYNC_DAEMON` */
  stopSyncDaemon(role: SyncRole): void {
    stopSyncDaemon(this.#table, role);
  }

  /** Marks of services by mark that are in the table now, whoever made them. */
  marksInTable(): ReadonlySet<number> {
    const services = listServices(this.#table, undefined, this.#marks);
    return new Set(services.flatMap((service) => ('fwmark' in service ? [service.fwmark] : [])));
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#table.close();
    return Promise.resolve();
  }

  /** Without a service that has one of lvsd's marks, no rules are looked for. */
  async #look(services: readonly IpvsService[]): Promise<MatchMarks> {
    const isMatch = (service: IpvsService): boolean =>
      'fwmark' in service &&
      this.#marks.serviceOf(fromIpvsFamily(service.family), service.fwmark)?.address.kind === 'match';
    return this.#matches !== null && services.some(isMatch) ? this.#matches.look() : this.#marks;
  }

  #requireOpen(): void {
    if (this.#closed) throw closedRefusal();
  }
}

function closedRefusal(): DirectorError {
  return refusal('ERR_PLANE_CLOSED', 'the kernel plane is closed');
}

function unreadable(what: string, thrown: unknown): DirectorError {
  return new DirectorError(`list the kernel's ${what}: ${reasonOf(thrown)}`, {
    code: 'ERR_TABLE_UNREADABLE',
    details: {},
    retryable: true,
    cause: thrown,
  });
}
