/** What a rule about instances of VRRP gets. */
import type { Spot } from '../draft.js';
import type { InstanceConfig } from '../schema/ha.js';
import type { Verdicts } from './rule.js';

export interface JudgedInstance {
  readonly spot: Spot;
  readonly config: InstanceConfig;
}

/** A rule about one instance by itself. Never throws. */
export type InstanceRule = (instance: JudgedInstance, verdicts: Verdicts) => void;

/** A rule about instances among one another. Never throws. */
export type InstancesRule = (instances: readonly JudgedInstance[], verdicts: Verdicts) => void;

/** The priority of whoever has the addresses as its own. */
export const OWNER_PRIORITY = 255;
