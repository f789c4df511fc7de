/**
 * What rounds know of the addresses of services, also while they cannot be listed: then those who need one fail, and keep
 * nothing else from being done.
 */
import { reasonOf } from '../base/errors.js';
import type {
  AddressChange,
  AddressListing,
  AddressStep,
  AddressTable,
  PlannedStep,
} from '../dataplane/address-table.js';
import type { Step } from '../dataplane/types.js';
import type { ServiceKey } from '../model/keys.js';
import type { RunningConfig } from './running-config.js';
import { ServiceAddresses } from './service-addresses.js';
import { TableError } from './table-error.js';
import { holdAddresses, type HeldPlan } from './unlisted-addresses.js';

/** One a director. */
export class KnownAddresses {
  readonly #config: RunningConfig;
  readonly #addresses: ServiceAddresses;
  readonly #leaves: (service: ServiceKey) => boolean;
  /** Why they could not be listed the last time; null when they could. */
  #unlisted: Error | null = null;

  /**
   * @param table null where services have no addresses of lvsd's
   * @param leaves services whose drift is left to those who made it
   */
  constructor(table: AddressTable | null, config: RunningConfig, leaves: (service: ServiceKey) => boolean) {
    this.#config = config;
    this.#addresses = new ServiceAddresses(table, config.ownership);
    this.#leaves = leaves;
  }

  get table(): AddressTable | null {
    return this.#addresses.table;
  }

  /** Services that such a change concerns. */
  affected(change: AddressChange): readonly ServiceKey[] {
    return this.#addresses.affected(change, this.#config.services);
  }

  /** What is there now; null where it does not matter, and when it cannot be listed, which is remembered. Never rejects. */
  async list(): Promise<AddressListing | null> {
    try {
      const listing = await this.#addresses.list(this.#config.services);
      this.#unlisted = null;
      return listing;
    } catch (thrown) {
      this.#unlisted = thrown instanceof Error ? thrown : new Error(reasonOf(thrown));
      return null;
    }
  }

  /** As `list`, for services that are not accepted yet. @throws TableError */
  async listFor(services: RunningConfig['services']): Promise<AddressListing | null> {
    try {
      return await this.#addresses.list(services);
    } catch (thrown) {
      throw new TableError(reasonOf(thrown), thrown);
    }
  }

  /** Takes over what was listed; null tells nothing. */
  believe(listing: AddressListing | null): void {
    this.#addresses.believe(listing, this.#config.services, this.#leaves);
  }

  /** Addresses change seldom: they are listed when something is to be done about them, or could not be listed before. */
  async lookIfNeeded(planned: ReadonlySet<ServiceKey>): Promise<void> {
    const blind = this.#unlisted !== null && this.#needing(planned).length > 0;
    if (!blind && this.#addresses.plan(this.#config.services, planned).length === 0) return;
    this.believe(await this.list());
  }

  /** Of its address nobody knows anything, for the last look failed. */
  isBlind(service: ServiceKey): boolean {
    return this.#unlisted !== null && this.#addresses.needs(service, this.#config.services);
  }

  /** What somebody else took from this service, as the steps that undo it. */
  missing(service: ServiceKey, listing: AddressListing | null): readonly AddressStep[] {
    return this.#addresses.missing(service, listing, this.#config.services);
  }

  /** The plan with the steps of addresses: those that go do so before the table is touched, those that come behind it. */
  around(
    steps: readonly Step[],
    planned: ReadonlySet<ServiceKey>,
    services = this.#config.services,
  ): readonly PlannedStep[] {
    const addresses = this.#addresses.plan(services, planned);
    const first = addresses.filter(({ phase }) => phase === 0);
    const last = addresses.filter(({ phase }) => phase !== 0);
    return [...first, ...steps, ...last];
  }

  /** What is left of the plan while addresses cannot be listed; null when they can. */
  hold(steps: readonly PlannedStep[], planned: ReadonlySet<ServiceKey>): HeldPlan | null {
    if (this.#unlisted === null) return null;
    const stays = (key: ServiceKey): boolean => this.#config.services.has(key);
    return holdAddresses({ steps, cause: this.#unlisted, needing: this.#needing(planned), stays });
  }

  /** Before the steps run: an address that a crash leaves behind must be known as ours. */
  claim(steps: readonly PlannedStep[]): void {
    this.#addresses.claim(steps, this.#config.services);
  }

  /** After the steps ran. */
  acknowledge(steps: readonly PlannedStep[], applied: readonly PlannedStep[]): void {
    this.#addresses.acknowledge(steps, applied, this.#config.services);
  }

  #needing(planned: ReadonlySet<ServiceKey>): readonly ServiceKey[] {
    return [...planned].filter((key) => this.#addresses.needs(key, this.#config.services));
  }
}
