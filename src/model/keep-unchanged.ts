/** Makes the services that a new configuration did not change the very same objects as before. */
import type { Model } from './director.js';
import type { VirtualService } from './virtual-service.js';

/**
 * Gives the new configuration with the service of before in place of every equal one, so that whoever follows
 * configurations sees by one comparison that there is nothing to do about it.
 *
 * @param fingerprintOf equal for services of equal content, undefined where it is not known: to go through a large table
 *   field by field takes longer than to change it
 */
export function keepUnchanged(
  before: readonly VirtualService[],
  after: Model,
  fingerprintOf: (service: VirtualService) => string | undefined,
): Model {
  const known = new Map(before.map((service) => [service.key, service]));
  const services = after.services.map((service) => {
    const same = known.get(service.key);
    const fingerprint = fingerprintOf(service);
    if (same === undefined || fingerprint === undefined) return service;
    return fingerprintOf(same) === fingerprint ? same : service;
  });
  return { ...after, services };
}
