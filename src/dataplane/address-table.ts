/**
 * The addresses of this host as the controller sees them: beside the data plane, for a plane forwards what is addressed
 * to a service, and this decides whether it comes here at all. Executes and reports; decides nothing.
 */
import type { ServiceKey } from '../model/keys.js';
import type { VipAddress, VipKey } from '../model/vip-address.js';
import type { Step, StepResult } from './types.js';

/** The service that a step is for, or was. */
export interface ServiceLabel {
  readonly key: ServiceKey;
  readonly name: string;
}

/**
 * One address added or deleted. Both are idempotent. Phases lie around those of the table:
 *
 * | phase | step | why there |
 * | --- | --- | --- |
 * | 0 | delete | clients go elsewhere before their servers are taken out |
 * | 1..4 | table | |
 * | 5 | add | nobody is called before there is somebody to serve |
 * | 6 | delete | the address has moved to another interface: it is there first |
 */
export type AddressStep =
  | {
      readonly kind: 'add-address';
      readonly phase: 5;
      readonly service: ServiceLabel;
      readonly vip: VipAddress;
      /** Further services that are planned and have the address, too: one of all that can serve is enough. */
      readonly sharing: readonly ServiceKey[];
    }
  | {
      readonly kind: 'delete-address';
      readonly phase: 0 | 6;
      readonly service: ServiceLabel;
      readonly vip: VipAddress;
    };

/** What a plan consists of. */
export type PlannedStep = Step | AddressStep;

/** True for a step of the table, false for one of an address. */
export function isTableStep(step: PlannedStep): step is Step {
  return !('vip' in step);
}

export interface AddressListing {
  /** Whatever their prefix length, and whoever added them. */
  readonly present: ReadonlySet<VipKey>;
  /** Names of the interfaces that are up: on others an address can be neither added nor missed. */
  readonly up: ReadonlySet<string>;
}

/** Something that nobody asked for. */
export type AddressChange =
  /** The interface has come, or has been set up. */
  | { readonly kind: 'interface-up'; readonly interface: string }
  | { readonly kind: 'address-gone'; readonly vip: VipKey }
  /** Too much at once: everything may be different. */
  | { readonly kind: 'unknown' };

export interface AddressTable {
  /** Lists the addresses of all interfaces. @throws DirectorError when they cannot be read; never a partial list */
  list(): Promise<AddressListing>;

  /**
   * Runs steps of one phase; the result of step i is element i. What is added is announced to the neighbours.
   *
   * All steps are attempted. Adding what is there, whoever added it, and deleting what is gone succeed. Never rejects
   * for the failure of a step.
   */
  apply(steps: readonly AddressStep[]): Promise<readonly StepResult[]>;

  /** Calls back when something changes, also by this table's own steps, until `close`. At most once a table. */
  watch(onChange: (change: AddressChange) => void): void;

  /** Ends watching and announcing. Idempotent. The addresses stay. */
  close(): Promise<void>;
}
