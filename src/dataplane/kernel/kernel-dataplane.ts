/** The kernel's IPVS table as a data plane: lvsd programs it, and the kernel forwards every packet. */
import type { IpvsTable } from '../../../native/ipvs/table.js';
import { readConnections, type IpvsConnection } from '../../../native/proc/connections.js';
import { loadModule } from '../../../native/proc/modules.js';
import type { Clock } from '../../base/clock.js';
import { DirectorError, reasonOf } from '../../base/errors.js';
import { takeTurns } from '../../base/take-turns.js';
import type { ServiceKey } from '../../model/keys.js';
import type {
  ConnectionFilter,
  ConnectionRecord,
  Dataplane,
  ObservedTable,
  Step,
  StepResult,
} from '../types.js';
import { listConnections, readOwners } from './kernel-connections.js';
import { setTimeouts, type KernelTimeouts, type WantedTimeouts } from './kernel-timeouts.js';
import { noMatchMarks, type MatchMarks } from './match-marks.js';
import { ModuleLoader, type LoadModule } from './module-loader.js';
import { refusal } from './refusal.js';
import { failedStep } from './step-error.js';
import { StepRunner } from './step-runner.js';
import { readTable } from './table-reader.js';

export interface KernelDataplaneOptions {
  /** Owned from then on, and closed with the plane. */
  readonly table: IpvsTable;
  readonly clock: Clock;
  /** Default: there are no `match` services. */
  readonly marks?: MatchMarks;
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
  readonly #runner: StepRunner;
  #closed = false;

  constructor(options: KernelDataplaneOptions) {
    this.#table = options.table;
    this.#clock = options.clock;
    this.#marks = options.marks ?? noMatchMarks;
    this.#readConnections = options.readConnections ?? readConnections;
    const modules = new ModuleLoader(options.loadModule ?? loadModule);
    this.#runner = new StepRunner({ table: this.#table, marks: this.#marks, modules });
  }

  async observe(keys?: ReadonlySet<ServiceKey>): Promise<ObservedTable> {
    try {
      this.#requireOpen();
      return await readTable(this.#table, keys, this.#marks, takeTurns(this.#clock));
    } catch (thrown) {
      throw unreadable('table', thrown);
    }
  }

  async apply(steps: readonly Step[]): Promise<readonly StepResult[]> {
    if (!this.#closed) return this.#runner.run(steps, takeTurns(this.#clock));
    return steps.map((step) => ({ ok: false, error: failedStep(step, closedRefusal()) }));
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

  close(): Promise<void> {
    this.#closed = true;
    this.#table.close();
    return Promise.resolve();
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
