/** How the kernel knows `match` services: by the firewall mark that lvsd's own rules set. */
import type { Family } from '../../base/ip.js';
import type { TableService } from '../../model/desired-state.js';
import type { ServiceKey } from '../../model/keys.js';

/** What identifies a service to the operator. */
export type ServiceIdentity = Pick<TableService, 'key' | 'name' | 'address'>;

/** The marks of `match` services. Asked at each step and each dump, so it must answer at once. */
export interface MatchMarks {
  /** The mark of a `match` service, 1..2^32-1; null when it has none. */
  markOf(key: ServiceKey): { readonly family: Family; readonly mark: number } | null;
  /** The `match` service that a mark stands for, or null when the mark is none of lvsd's. */
  serviceOf(family: Family, mark: number): ServiceIdentity | null;
}

/** No `match` services. */
export const noMatchMarks: MatchMarks = { markOf: () => null, serviceOf: () => null };
