/** Makes the services that a new configuration did not change the very same objects as before. */
import { sameData } from '../base/same-data.js';
import type { Model } from './director.js';
import type { VirtualService } from './virtual-service.js';

/**
 * Gives the new configuration with the service of before in place of every equal one, so that whoever follows
 * configurations sees by one comparison that there is nothing to do about it.
 */
export function keepUnchanged(before: readonly VirtualService[], after: Model): Model {
  const known = new Map(before.map((service) => [service.key, service]));
  const services = after.services.map((service) => {
    const same = known.get(service.key);
    return same !== undefined && sameData(same, service) ? same : service;
  });
  return { ...after, services };
}
