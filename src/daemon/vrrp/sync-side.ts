/**
 * Keeps the kernel's daemons for connections as the file and the roles of instances ask for them.
 *
 * ```
 *  reload, role, resync ──► wanted daemons ──┐
 *                           those that run ──┴► plan ──► start, stop
 * ```
 *
 * With `sync_daemon` in the file both daemons of the network namespace are lvsd's, also those that ran before. Without it lvsd
 * stops what the record says that it has started, and nothing else.
 */
import type { Clock, Timer } from '../../base/clock.js';
import { reasonOf } from '../../base/errors.js';
import type { EventLog } from '../../controller/event-log.js';
import { MOST_REPAIRS, REPAIR_WINDOW_MS } from '../../controller/drift-watch.js';
import { planDaemons, type SyncStep } from '../../ha/sync/plan-daemons.js';
import { wantedDaemons } from '../../ha/sync/wanted-daemons.js';
import {
  SYNC_ROLES,
  type SyncDaemon,
  type SyncRole,
  type SyncSettings,
  type SyncStatus,
} from '../../model/sync-daemon.js';
import type { DriftPolicy } from '../../model/virtual-service.js';
import type { VrrpState } from '../../model/vrrp-role.js';
import type { DirectorState } from '../director-state.js';
import type { OwnedSyncDaemon } from '../state/ownership-record.js';

/** What it needs of the kernel's plane. All of them throw DirectorError `ERR_SYNC_DAEMON`. */
export interface SyncPlane {
  syncDaemons(): readonly SyncDaemon[];
  startSyncDaemon(daemon: SyncDaemon): void;
  stopSyncDaemon(role: SyncRole): void;
}

export interface SyncSideOptions {
  readonly clock: Clock;
  readonly events: EventLog;
  /** null on the userspace plane. */
  readonly plane: SyncPlane | null;
  readonly state: Pick<DirectorState, 'onHost' | 'setOnHost'>;
  /** State of an instance; null = nothing is known of it. */
  readonly stateOf: (instance: string) => VrrpState | null;
}

/** What failed is tried again after this: an interface may come later. */
export const SYNC_RETRY_MS = 2000;

/** Who asks: what differs at a resync is somebody else's doing. */
type Occasion = 'change' | 'resync';

/** Does nothing before `follow`. */
export class SyncSide {
  readonly #options: SyncSideOptions;
  #settings: SyncSettings | null = null;
  #drift: DriftPolicy = 'repair';
  #running: readonly SyncRole[] = [];
  #problem = '';
  #retry: Timer | null = null;
  #repairedAtMs: number[] = [];
  /** A drift that is left to those who made it. */
  #left = false;
  /** They were made as the settings say, so what differs now is somebody else's doing. */
  #made = false;
  #closed = false;

  constructor(options: SyncSideOptions) {
    this.#options = options;
  }

  /** null when the configuration has none. */
  get status(): SyncStatus | null {
    if (this.#settings === null) return null;
    const { interface: name, syncId, follow } = this.#settings;
    return { interface: name, syncId, follow, running: this.#running, problem: this.#problem };
  }

  /** Makes them as a configuration says; what lvsd has started and the file has no more is stopped. Never rejects. */
  async follow(settings: SyncSettings | null, drift: DriftPolicy): Promise<void> {
    const { plane, state } = this.#options;
    const began = this.#settings === null && settings !== null;
    this.#settings = settings;
    this.#drift = drift;
    this.#repairedAtMs = [];
    this.#left = false;
    this.#made = false;
    if (plane === null) {
      if (began) this.#fail('start sync daemons: the userspace plane has no connections to tell of');
      return;
    }
    if (settings === null && state.onHost.syncDaemons.length === 0) return;
    // Before the kernel is changed: whatever becomes of this process, the next one knows whose they are.
    const owned = settings === null ? [] : ownedOf(settings);
    const former = this.#formerBeside(owned);
    if (settings !== null) await state.setOnHost({ syncDaemons: [...owned, ...former] });
    this.#converge('change');
    const isDone = this.#problem === '' && settings === this.#settings;
    if (isDone && (settings === null || former.length > 0)) await state.setOnHost({ syncDaemons: owned });
  }

  /** An instance may have another role. */
  rolesChanged(): void {
    // Before they were made once, whoever is about to make them goes by the role as it is then.
    if (this.#made || this.#retry !== null) this.#converge('change');
  }

  /** Looks whether they still are as they were made. */
  keep(): void {
    // What failed is tried again for the reason that it was tried for.
    if (this.#made && this.#retry === null) this.#converge('resync');
  }

  /** Stops them if nothing is to stay, else leaves them as the roles are now. Idempotent. */
  async close(remove: boolean): Promise<void> {
    if (this.#closed) return;
    if (remove && this.#settings !== null) await this.follow(null, this.#drift);
    this.#closed = true;
    this.#retry?.cancel();
  }

  #converge(occasion: Occasion): void {
    if (this.#closed) return;
    this.#retry?.cancel();
    this.#retry = null;
    let again = occasion;
    try {
      const running = this.#list();
      const wanted = wantedDaemons(this.#settings, this.#options.stateOf);
      const steps = planDaemons(wanted, this.#settings === null ? this.#own(running) : running);
      if (steps.length > 0 && (occasion === 'change' || this.#repairs(steps))) {
        again = 'change';
        for (const step of steps) this.#run(step);
        this.#list();
      }
      this.#made = this.#settings !== null;
      this.#recover();
    } catch (error) {
      this.#fail(reasonOf(error));
      this.#retry = this.#options.clock.after(SYNC_RETRY_MS, () => this.#converge(again));
    }
  }

  #list(): readonly SyncDaemon[] {
    const running = this.#options.plane?.syncDaemons() ?? [];
    this.#running = SYNC_ROLES.filter((role) => running.some((daemon) => daemon.role === role));
    return running;
  }

  #own(running: readonly SyncDaemon[]): readonly SyncDaemon[] {
    const { syncDaemons } = this.#options.state.onHost;
    return running.filter((daemon) => syncDaemons.some((own) => isSame(own, daemon)));
  }

  /** Those of the record that run with other settings: until they are stopped, nothing else says whose they are. */
  #formerBeside(owned: readonly OwnedSyncDaemon[]): readonly OwnedSyncDaemon[] {
    const { plane, state } = this.#options;
    const others = state.onHost.syncDaemons.filter((former) => !owned.some((own) => isSame(own, former)));
    try {
      const running = plane?.syncDaemons() ?? [];
      return others.filter((former) => running.some((daemon) => isSame(former, daemon)));
    } catch {
      // Told by whoever looks next, which is at once.
      return others;
    }
  }

  #run(step: SyncStep): void {
    const { plane } = this.#options;
    if (step.kind === 'start') plane?.startSyncDaemon(step.daemon);
    else plane?.stopSyncDaemon(step.role);
  }

  /** What `drift` says of it, told. */
  #repairs(steps: readonly SyncStep[]): boolean {
    if (this.#drift === 'ignore' || this.#left) return false;
    const message = `somebody else changed the sync daemons; to undo: ${steps.map(formatStep).join('; ')}`;
    const { clock, events } = this.#options;
    const nowMs = clock.nowMs();
    this.#repairedAtMs = this.#repairedAtMs.filter((atMs) => atMs >= nowMs - REPAIR_WINDOW_MS);
    const stops = this.#repairedAtMs.length >= MOST_REPAIRS;
    const repair = this.#drift === 'repair' && !stops;
    this.#left = !repair;
    if (repair) this.#repairedAtMs.push(nowMs);
    const minutes = REPAIR_WINDOW_MS / 60_000;
    events.append(
      stops
        ? {
            type: 'repair-stopped',
            message: `repair stopped until the next reload, sync daemons changed ${MOST_REPAIRS} times in ${minutes} minutes: another controller drives them; ${message}`,
          }
        : { type: 'drift-found', message: repair ? `${message} (being repaired)` : message },
    );
    return repair;
  }

  #fail(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#options.events.append({ type: 'sync-failed', message: problem });
  }

  #recover(): void {
    if (this.#problem === '') return;
    this.#problem = '';
    const message = `sync daemons are as they ought to be: ${this.#running.join(' and ') || 'none'}`;
    this.#options.events.append({ type: 'sync-recovered', message });
  }
}

/** Both, since a change of role cannot wait for the disk. */
function ownedOf({ interface: name, syncId }: SyncSettings): readonly OwnedSyncDaemon[] {
  return SYNC_ROLES.map((role) => ({ role, interface: name, syncId }));
}

function isSame(one: OwnedSyncDaemon, other: OwnedSyncDaemon): boolean {
  return one.role === other.role && one.interface === other.interface && one.syncId === other.syncId;
}

function formatStep(step: SyncStep): string {
  if (step.kind === 'start') return `start sync daemon ${step.daemon.role} on ${step.daemon.interface}`;
  return `stop sync daemon ${step.role}${step.differs === null ? '' : ` (${step.differs})`}`;
}
