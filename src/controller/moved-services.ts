/** Services that the file gives another address. To a table they are others; to people they are the same ones. Pure. */
import type { ServiceKey } from '../model/keys.js';
import type { VirtualService } from '../model/virtual-service.js';

/**
 * Old and new key of every service that goes on under another key by the same name: what is known and ordered about its
 * servers is about them, not about the address.
 *
 * @param before those that were accepted last; at a start also what is left of earlier ones, so several may have one name
 * @param come services that may be new
 * @param services all of them
 */
export function movedServices(
  before: ReadonlyMap<ServiceKey, Pick<VirtualService, 'name'>>,
  come: readonly VirtualService[],
  services: ReadonlyMap<ServiceKey, VirtualService>,
): ReadonlyMap<ServiceKey, ServiceKey> {
  const fresh = come.filter(({ key }) => !before.has(key));
  if (fresh.length === 0) return new Map();
  const places = new Map(fresh.map(({ key, name }) => [name, key]));
  const moved = new Map<ServiceKey, ServiceKey>();
  for (const [key, { name }] of before) {
    const to = services.has(key) ? undefined : places.get(name);
    if (to !== undefined) moved.set(key, to);
  }
  return moved;
}
