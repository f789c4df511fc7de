/**
 * The settings of this host that a configuration needs beside the table: IPVS timeouts and kernel settings. What was
 * there before is in state_dir, so that `on_stop: remove` can put it back, of this process or of a later one.
 */
import type { Clock } from '../base/clock.js';
import { reasonOf } from '../base/errors.js';
import { takeTurns } from '../base/take-turns.js';
import type { KernelDataplane } from '../dataplane/kernel/kernel-dataplane.js';
import { SerialQueue } from '../controller/serial-queue.js';
import { gatherSysctlFacts } from '../host/sysctl-facts.js';
import {
  adviseSysctls,
  checkSysctls,
  describeDeviation,
  procSysctls,
  restoreSysctls,
  setSysctls,
  type SysctlChange,
  type SysctlFiles,
} from '../host/sysctls.js';
import type { SysctlAdvice, SysctlFacts } from '../host/sysctl-advice.js';
import type { Model } from '../model/director.js';
import type { DirectorState } from './director-state.js';
import type { ChangedSysctl } from './state/ownership-record.js';

export interface HostSettingsOptions {
  readonly clock: Clock;
  readonly kernel: Pick<KernelDataplane, 'configure'>;
  readonly state: Pick<DirectorState, 'onHost' | 'setOnHost'>;
  /** Hears what is not as it ought to be, one line each, each once until it changes. */
  readonly warn: (message: string) => void;
  /** Hears what was changed, one line each. */
  readonly tell: (message: string) => void;
  /** Default: the running kernel's. */
  readonly files?: SysctlFiles;
  /** Default: of this host. */
  readonly readFacts?: (model: Model, turn: () => Promise<void>) => Promise<SysctlFacts>;
}

/** A configuration, and what its settings ought to be on this host's network. */
interface Kept {
  readonly model: Model;
  /** null until the network has been looked at. */
  advised: readonly SysctlAdvice[] | null;
}

const PROC_SYS = '/proc/sys/';
/** These go and come with the module ip_vs, all others with their interface. */
const IPVS_SYSCTLS = 'net/ipv4/vs/';
const TIMEOUT_NAMES = ['tcpSec', 'tcpFinSec', 'udpSec'] as const;
const AS_THEY_ARE = { tcpSec: null, tcpFinSec: null, udpSec: null };

export class HostSettings {
  readonly #options: HostSettingsOptions;
  readonly #files: SysctlFiles;
  readonly #checks = new SerialQueue();
  readonly #changes = new SerialQueue();
  /** What `keep` holds the host to; null before the first `follow` and after `restore`. */
  #kept: Kept | null = null;
  /** Whose check is still of use; null from a `follow` to the `check` behind it. */
  #wanted: Model | null = null;
  #warned: ReadonlySet<string> = new Set();
  /** What the last `follow` could not do. */
  #troubles: readonly string[] = [];

  constructor(options: HostSettingsOptions) {
    this.#options = options;
    this.#files = options.files ?? procSysctls;
  }

  /** Before the table changes: makes the host as the configuration says where it asks for that. Never rejects. */
  follow(model: Model): Promise<void> {
    this.#wanted = null;
    this.#kept = { model, advised: null };
    return this.#changes.run(async () => {
      this.#troubles = [
        ...(await this.#setTimeouts(model)),
        ...(model.director.sysctls === 'set'
          ? await this.#advised(model, (all) => this.#setSysctls(all))
          : []),
      ];
    });
  }

  /**
   * When the table has changed, since that must not wait for it: tells what is not as it ought to be. One at a time, and only
   * the last one that was asked for goes on to its end. Never rejects.
   */
  check(model: Model): Promise<void> {
    this.#wanted = model;
    return this.#checks.run(() => this.#check(model));
  }

  /**
   * Now and then, since nobody tells when the module ip_vs was loaded anew, with settings as they are at first, or when
   * somebody has changed one: makes the host again as it was made, or tells what is not as it ought to be any more. Reads a
   * few files; the network is not looked at again. Never rejects.
   */
  async keep(): Promise<void> {
    const kept = this.#kept;
    if (kept === null) return;
    await this.#changes.run(() => this.#keep(kept));
  }

  /** Waits for what was asked for. */
  async close(): Promise<void> {
    await Promise.all([this.#checks.idle(), this.#changes.idle()]);
  }

  async #check(model: Model): Promise<void> {
    if (this.#wanted !== model) return;
    const found =
      model.director.sysctls === 'set'
        ? []
        : await this.#advised(model, (all) => this.#checkSysctls(all), this.#whileWanted(model));
    if (this.#wanted !== model) return;
    this.#warn([...this.#troubles, ...found]);
  }

  async #keep(kept: Kept): Promise<void> {
    const { model, advised } = kept;
    if (this.#kept !== kept) return;
    const troubles = await this.#setTimeouts(model, true);
    if (advised === null) return;
    // An interface that is gone has no settings, and needs none.
    const there = advised.filter(
      ({ path }) => path.startsWith(IPVS_SYSCTLS) || this.#files.read(path) !== null,
    );
    const isSet = model.director.sysctls === 'set';
    this.#troubles = isSet ? [...troubles, ...(await this.#setAgain(there))] : troubles;
    this.#warn(isSet ? this.#troubles : [...this.#troubles, ...this.#checkSysctls(there)]);
  }

  async #setAgain(advised: readonly SysctlAdvice[]): Promise<string[]> {
    try {
      return await this.#setSysctls(advised);
    } catch (error) {
      return [`set the kernel settings again: ${reasonOf(error)}`];
    }
  }

  /** Each once, until it is right in between. */
  #warn(warnings: readonly string[]): void {
    for (const warning of warnings) if (!this.#warned.has(warning)) this.#options.warn(warning);
    this.#warned = new Set(warnings);
  }

  /** Puts back what was changed and nobody else has changed since. Never rejects. */
  restore(): Promise<void> {
    this.#kept = null;
    return this.#changes.run(() => this.#restore());
  }

  async #restore(): Promise<void> {
    const { state, kernel, tell, warn } = this.#options;
    const { timeoutsBefore, sysctls } = state.onHost;
    const record = sysctls.map(toChange);
    const { changes, failures } = restoreSysctls(record, this.#files);
    for (const { path, old } of record)
      if (!changes.some((left) => left.path === path)) tell(`${path} is ${old} again`);
    for (const { message } of failures) warn(message);
    const restored = timeoutsBefore === null || this.#attempt(() => void kernel.configure(timeoutsBefore));
    await state.setOnHost({
      sysctls: changes.map(toRecord),
      timeoutsBefore: restored ? null : timeoutsBefore,
    });
  }

  /** @returns what `use` gives; one line when the host cannot be looked at */
  async #advised(
    model: Model,
    use: (advised: readonly SysctlAdvice[]) => string[] | Promise<string[]>,
    turn = takeTurns(this.#options.clock),
  ): Promise<string[]> {
    const { readFacts = gatherSysctlFacts } = this.#options;
    try {
      const advised = adviseSysctls(model, await readFacts(model, turn));
      if (this.#kept?.model === model) this.#kept.advised = advised;
      return await use(advised);
    } catch (error) {
      return [`look at the kernel settings: ${reasonOf(error)}`];
    }
  }

  /** Turns of a check that ends at its next one when it is of no use any more; nobody hears of how it ended. */
  #whileWanted(model: Model): () => Promise<void> {
    const turn = takeTurns(this.#options.clock);
    return () => (this.#wanted === model ? turn() : Promise.reject(new Error('superseded')));
  }

  #checkSysctls(advised: readonly SysctlAdvice[]): string[] {
    return checkSysctls(advised, this.#files)
      .filter(({ severity, asked }) => asked || severity !== 'info')
      .map(describeDeviation);
  }

  async #setSysctls(advised: readonly SysctlAdvice[]): Promise<string[]> {
    const { state, tell } = this.#options;
    const record = state.onHost.sysctls.map(toChange);
    const found = new Map(checkSysctls(advised, this.#files).map(({ path, is }) => [path, is]));
    const announced = await this.#announce(advised, record);
    const { changes, failures } = setSysctls(advised, record, this.#files);
    const known = new Map(record.map(({ path, now }) => [path, now]));
    const news = changes.filter(({ path, now }) => known.get(path) !== now);
    for (const { path, old, now } of news) tell(`set ${path} from ${old} to ${now}`);
    for (const { path, now } of changes)
      if (known.get(path) === now && found.has(path))
        tell(`set ${path} from ${found.get(path)} to ${now} again: it had been changed back`);
    if (announced || news.length > 0 || changes.length !== record.length)
      await state.setOnHost({ sysctls: changes.map(toRecord) });
    return failures.map(({ message }) => message);
  }

  /**
   * Records what is about to be set: after a crash in between nobody would know the old value. What is recorded and not
   * set does no harm, since only what has the value that was set is put back.
   */
  async #announce(advised: readonly SysctlAdvice[], record: readonly SysctlChange[]): Promise<boolean> {
    const known = new Set(record.map(({ path }) => path));
    const news = checkSysctls(advised, this.#files).flatMap(({ path, is, want }): SysctlChange[] =>
      is === null || known.has(path) ? [] : [{ path, old: is, now: want }],
    );
    if (news.length === 0) return false;
    await this.#options.state.setOnHost({ sysctls: [...record, ...news].map(toRecord) });
    return true;
  }

  async #setTimeouts({ director: { timeouts } }: Model, again = false): Promise<string[]> {
    const { kernel, state, tell } = this.#options;
    try {
      if (Object.values(timeouts).every((value) => value === null)) return [];
      // Before they change: after a crash in between nobody would know them.
      if (state.onHost.timeoutsBefore === null)
        await state.setOnHost({ timeoutsBefore: kernel.configure(AS_THEY_ARE) });
      const before = kernel.configure(timeouts);
      if (again && TIMEOUT_NAMES.some((name) => timeouts[name] !== null && timeouts[name] !== before[name]))
        tell('set the timeouts of connections again: they had been changed back');
      return [];
    } catch (error) {
      return [reasonOf(error)];
    }
  }

  #attempt(action: () => void): boolean {
    try {
      action();
      return true;
    } catch (error) {
      this.#options.warn(reasonOf(error));
      return false;
    }
  }
}

function toChange({ path, before, set }: ChangedSysctl): SysctlChange {
  return { path: path.slice(PROC_SYS.length), old: before, now: set };
}

function toRecord({ path, old, now }: SysctlChange): ChangedSysctl {
  return { path: `${PROC_SYS}${path}`, before: old, set: now };
}
