/**
 * What a director knows beyond its own life, in state_dir: what it owns in the kernel, what operators set, and what
 * the checks last said. Each is a file of its own; none of them can keep a director from starting.
 */
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import type { Leaver } from '../controller/leaving.js';
import { NOTHING_OWNED, type OwnedTable } from '../controller/ownership.js';
import { NO_LOADS, type LoadsChange, type RememberedLoads } from '../controller/server-loads.js';
import { NOTHING_DECIDED, type RememberedServing } from '../controller/serving-state.js';
import { NOTHING_KNOWN, type RememberedStates, type StatesChange } from '../controller/server-states.js';
import type { ServerKey } from '../model/keys.js';
import type { VipKey } from '../model/vip-address.js';
import type { VirtualService } from '../model/virtual-service.js';
import { recallAddresses, storeAddresses } from './owned-addresses.js';
import { freshAgents, loadFormat } from './state/load-memory.js';
import { currentHost, type HostIdentity } from './state/host-identity.js';
import { NO_OPERATOR_STATE, operatorStateFormat, type OperatorState } from './state/operator-state.js';
import {
  NO_OWNERSHIP,
  ownershipFormat,
  readOwnership,
  type OwnedService,
  type Ownership,
  type OwnershipRecord,
} from './state/ownership-record.js';
import { servingFormat } from './state/serving-memory.js';
import { readState, type StateFormat } from './state/state-file.js';
import { StateWriter } from './state/state-writer.js';
import { freshVerdicts, verdictFormat, VERDICT_REFRESH_MS } from './state/verdict-memory.js';

/** What an earlier process left behind. */
export interface Remembered {
  readonly owned: OwnedTable;
  readonly states: RememberedStates;
  /** Who served last, and whom recovery holds back. */
  readonly serving: RememberedServing;
  /** What agents said, and who began slowly. */
  readonly loads: RememberedLoads;
  /** Rules and settings of the host that are lvsd's; services and addresses are in `owned`. */
  readonly host: OwnedOnHost;
  /** One line each, for the log: records that say nothing, though they are there. */
  readonly warnings: readonly string[];
}

export type OwnedOnHost = Omit<Ownership, 'services' | 'addresses'>;

/** A first start. */
export const NOTHING_REMEMBERED: Remembered = {
  owned: NOTHING_OWNED,
  states: NOTHING_KNOWN,
  serving: NOTHING_DECIDED,
  loads: NO_LOADS,
  host: NO_OWNERSHIP,
  warnings: [],
};

export interface RecallOptions {
  readonly stateDir: string;
  readonly uid: number;
  readonly clock: Clock;
  /** The configuration that is about to run; what is known of other servers is dropped. */
  readonly services: readonly VirtualService[];
  /** False on the userspace plane, whose table ends with its process. */
  readonly kernel: boolean;
}

/** A verdict that changed is on disk so soon, ms; many that change together share a write. */
const VERDICT_SOON_MS = 1000;

/** Reads what is there. Never rejects: what cannot be read counts as not there, with a warning. */
export async function recall(options: RecallOptions): Promise<Remembered> {
  const { stateDir, uid, clock, services, kernel } = options;
  const [ownership, operator, verdicts, serving, loads] = await Promise.all([
    kernel ? readOwnership(stateDir, await currentHost(), uid) : null,
    readState(operatorStateFormat, join(stateDir, operatorStateFormat.fileName), uid),
    readState(verdictFormat, join(stateDir, verdictFormat.fileName), uid),
    readState(servingFormat, join(stateDir, servingFormat.fileName), uid),
    readState(loadFormat, join(stateDir, loadFormat.fileName), uid),
  ]);
  const record = ownership?.kind === 'read' ? ownership.content : NO_OWNERSHIP;
  const { services: owned, addresses, ...rest } = record;
  const host = { ...rest, marks: ownership?.marks ?? rest.marks };
  return {
    owned: { ...ownedTable(owned), addresses: recallAddresses(addresses) },
    host,
    states: {
      ...orders(operator.kind === 'read' ? operator.content : NO_OPERATOR_STATE),
      verdicts:
        verdicts.kind === 'read' ? freshVerdicts(verdicts.content, services, clock.wallMs()) : new Map(),
    },
    serving: serving.kind === 'read' ? serving.content : NOTHING_DECIDED,
    loads:
      loads.kind === 'read'
        ? { ...loads.content, agents: freshAgents(loads.content.agents, services, clock.wallMs()) }
        : NO_LOADS,
    warnings: [
      // After a boot nothing of it is there any more: that is no loss.
      ...(ownership?.kind === 'void' && ownership.cause !== 'other-boot'
        ? [ownershipWarning(ownership.reason)]
        : []),
      ...(operator.kind === 'void'
        ? [`${operator.reason}; weights, drains and maintenance set by operators are forgotten`]
        : []),
      ...(verdicts.kind === 'void'
        ? [`${verdicts.reason}; every server counts as up until it is checked`]
        : []),
      ...(serving.kind === 'void'
        ? [`${serving.reason}; servers that recovery holds back may serve again`]
        : []),
      ...(loads.kind === 'void' ? [`${loads.reason}; weights are as configured until agents answer`] : []),
    ],
  };
}

function ownershipWarning(reason: string): string {
  return `${reason}; nothing that is not in the file counts as lvsd's own, and nothing of it is deleted`;
}

function orders({ weights, drains, maintenance }: OperatorState) {
  return { overrides: weights, drains, maintenance };
}

function ownedTable(services: Ownership['services']): OwnedTable {
  return {
    services: new Map([...services].map(([key, { name }]) => [key, name])),
    leaving: new Map(
      [...services].flatMap(([key, { leaving }]) =>
        leaving.size === 0 ? [] : [[key, recallLeavers(leaving)] as const],
      ),
    ),
  };
}

function recallLeavers(leaving: OwnedService['leaving']): ReadonlyMap<ServerKey, Leaver> {
  return new Map([...leaving].map(([key, leaver]) => [key, { ...leaver, seen: true, ended: false }]));
}

/** That it has ended is found out anew: what was to be deleted then may have been, or not. */
function storeLeavers(leaving: ReadonlyMap<ServerKey, Leaver> | undefined): OwnedService['leaving'] {
  return new Map(
    [...(leaving ?? [])].map(([key, { name, origin, sinceMs, deadlineMs }]) => [
      key,
      { name, origin, sinceMs, deadlineMs },
    ]),
  );
}

export interface DirectorStateOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly remembered: Remembered;
  /** False: nothing is owned, and no record of it is written. */
  readonly kernel: boolean;
  /** As it is at the moment. */
  readonly states: () => RememberedStates;
  /** As it is at the moment. */
  readonly serving: () => RememberedServing;
  /** As it is at the moment. */
  readonly loads: () => RememberedLoads;
  /** As it is at the moment. */
  readonly owned: () => OwnedTable;
  /** Hears in one line that a file cannot be written, and null when it can again. */
  readonly onTrouble: (trouble: string | null, file: string) => void;
}

/** Writes it down as it changes. The state_dir's lock is the caller's to hold. */
export class DirectorState {
  readonly #options: DirectorStateOptions;
  readonly #ownership: StateWriter<OwnershipRecord>;
  readonly #operator: StateWriter<OperatorState>;
  readonly #verdicts: StateWriter<RememberedStates['verdicts']>;
  readonly #serving: StateWriter<RememberedServing>;
  readonly #loads: StateWriter<RememberedLoads>;
  #onHost: OwnedOnHost;
  #host: HostIdentity | null = null;

  constructor(options: DirectorStateOptions) {
    const { remembered, states } = options;
    this.#options = options;
    this.#onHost = remembered.host;
    this.#ownership = this.#writer(ownershipFormat, () => this.#record());
    this.#operator = this.#writer(operatorStateFormat, () => {
      const { overrides: weights, drains, maintenance } = states();
      return { weights, drains, maintenance };
    });
    this.#verdicts = this.#writer(verdictFormat, () => states().verdicts);
    this.#serving = this.#writer(servingFormat, options.serving);
    this.#loads = this.#writer(loadFormat, options.loads);
  }

  /** What is lvsd's on the host, beside services and their addresses. */
  get onHost(): OwnedOnHost {
    return this.#onHost;
  }

  /** Settles when the record of what is owned is durable, or has failed, which is told and tried again. */
  async saveOwnership(): Promise<void> {
    if (!this.#options.kernel) return;
    this.#host ??= await currentHost();
    // A record that cannot be matched later would be void in any case.
    if (this.#host !== null) await this.#ownership.save();
  }

  /** Changes what is owned on the host; durable as `saveOwnership` is. */
  setOnHost(change: Partial<OwnedOnHost>): Promise<void> {
    this.#onHost = { ...this.#onHost, ...change };
    return this.saveOwnership();
  }

  /** Settles when what operators set is durable, or has failed, which is told and tried again. */
  async saveOverrides(): Promise<void> {
    await this.#operator.save();
  }

  statesChanged(what: StatesChange): void {
    if (what === 'override') this.#operator.touch();
    else this.#verdicts.touch(what === 'verdict' ? VERDICT_SOON_MS : VERDICT_REFRESH_MS);
  }

  /** Who serves, or whom recovery holds back, is to be remembered anew. */
  servingChanged(): void {
    this.#serving.touch(VERDICT_SOON_MS);
  }

  /** A server began slowly, or an agent has spoken, which they do all the time. */
  loadsChanged(what: LoadsChange): void {
    this.#loads.touch(what === 'agent' ? VERDICT_REFRESH_MS : VERDICT_SOON_MS);
  }

  /**
   * Writes what is known of servers, and from then on no more: what a director forgets that takes its services away is
   * to be known at the next start. Never rejects.
   */
  async closeStates(): Promise<void> {
    await Promise.all([
      this.#operator.close(),
      this.#verdicts.close(),
      this.#serving.close(),
      this.#loads.close(),
    ]);
  }

  /** Writes what is not written yet. Idempotent and awaited; never rejects. */
  async close(): Promise<void> {
    await Promise.all([this.#ownership.close(), this.closeStates()]);
  }

  #writer<Content>(format: StateFormat<Content>, content: () => Content): StateWriter<Content> {
    const { stateDir, clock, onTrouble } = this.#options;
    const file = join(stateDir, format.fileName);
    return new StateWriter({
      stateDir,
      clock,
      format,
      content,
      onTrouble: (trouble) => onTrouble(trouble, file),
    });
  }

  #record(): OwnershipRecord {
    const { services, leaving, addresses = new Map<VipKey, never>() } = this.#options.owned();
    const owned = [...services].map(
      ([key, name]) => [key, { name, leaving: storeLeavers(leaving.get(key)) }] as const,
    );
    if (this.#host === null) throw new Error('the host is unknown');
    return {
      host: this.#host,
      ownership: {
        ...this.#onHost,
        services: new Map(owned),
        addresses: storeAddresses(addresses.values()),
      },
    };
  }
}
