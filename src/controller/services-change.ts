/** The step from one configuration to the next, as those take it who remember something about services. */
import type { ServiceKey } from '../model/keys.js';
import type { VirtualService } from '../model/virtual-service.js';

type Services = ReadonlyMap<ServiceKey, VirtualService>;

export interface ServicesChange {
  /** From now on. */
  readonly services: Services;
  /** undefined at a start. */
  readonly before: Services | undefined;
  /** Those that came, or are other objects than before: the others need no look. */
  readonly changed: readonly VirtualService[];
}
