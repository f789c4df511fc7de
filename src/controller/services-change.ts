/** The step from one configuration to the next, as those take it who remember something about services. */
import type { ServiceKey } from '../model/keys.js';
import type { VirtualService } from '../model/virtual-service.js';

type Services = ReadonlyMap<ServiceKey, VirtualService>;

/** Of those of the file alone: a probe's service that has the key of one which went must not come by what is known of it. */
export interface ServicesChange {
  /** From now on. */
  readonly services: Services;
  /** undefined at a start. */
  readonly before: Services | undefined;
  /** Those that came, or are other objects than before: the others need no look. */
  readonly changed: readonly VirtualService[];
  /** Old keys of those that go on under others, by the new ones. */
  readonly movedFrom: ReadonlyMap<ServiceKey, ServiceKey>;
}
