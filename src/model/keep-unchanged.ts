/** Makes the services that a new configuration did not change the very same objects as before. */
import type { Model } from './director.js';
import type { ServiceKey } from './keys.js';
import type { VirtualService } from './virtual-service.js';

/** Services with a name each for its content. */
export interface PrintedServices {
  readonly services: readonly VirtualService[];
  /**
   * In the order of the services; equal for those of equal content. To go through a large table field by field takes longer
   * than to change it.
   */
  readonly fingerprints: readonly string[];
}

/**
 * Gives the new configuration with the service of before in place of every equal one, so that whoever follows
 * configurations sees by one comparison that there is nothing to do about it.
 *
 * @param fingerprints of the new services, in their order
 */
export function keepUnchanged(before: PrintedServices, after: Model, fingerprints: readonly string[]): Model {
  let places: ReadonlyMap<ServiceKey, number> | null = null;
  const placeOf = (key: ServiceKey, at: number): number | undefined => {
    if (before.services[at]?.key === key) return at;
    places ??= new Map(before.services.map((service, place) => [service.key, place]));
    return places.get(key);
  };
  const services = after.services.map((service, at) => {
    const place = placeOf(service.key, at);
    if (place === undefined || before.fingerprints[place] !== fingerprints[at]) return service;
    return before.services[place] ?? service;
  });
  return { ...after, services };
}
