/** Whether a service of the director's own has too few servers, as the controller knows it already. Pure. */
import type { ServiceKey } from '../../../model/keys.js';
import type { ServingMemory } from '../../../model/serving.js';
import type { VirtualService } from '../../../model/virtual-service.js';
import type { Sight } from './track-book.js';

/** What the controller knows of services. */
export interface ServicesView {
  readonly services: readonly Pick<VirtualService, 'name' | 'key'>[];
  /** The last decision of each. */
  readonly decisions: ReadonlyMap<ServiceKey, Pick<ServingMemory, 'quorate' | 'untold'>>;
}

/**
 * Bad while the quorum is lost, whoever serves in place of the service's own servers. Unknown before it was decided who serves,
 * and as long as that is so only because nobody knows the servers yet.
 */
export function lookAtService(name: string, { services, decisions }: ServicesView): Sight {
  const service = services.find((candidate) => candidate.name === name);
  if (service === undefined) return { state: 'unknown', reason: 'there is no service of that name' };
  const decision = decisions.get(service.key);
  if (decision === undefined) return { state: 'unknown', reason: 'nobody has decided yet who serves it' };
  if (decision.quorate) return { state: 'good', reason: 'it has its quorum' };
  if (decision.untold === true) return { state: 'unknown', reason: 'its servers are not known yet' };
  return { state: 'bad', reason: 'it has lost its quorum' };
}
