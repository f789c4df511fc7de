/** Services that the file gives another address. To a table they are others; to people they are the same ones. Pure. */
import type { ServiceKey } from '../model/keys.js';
import type { VirtualService } from '../model/virtual-service.js';

/**
 * Old and new key of every service that goes on under another key by the same name: what is known and ordered about its
 * servers is about them, not about the address.
 *
 * @param names of the services before
 * @param come services that may be new
 * @param services all of them
 */
export function movedServices(
  names: ReadonlyMap<ServiceKey, string>,
  come: readonly VirtualService[],
  services: ReadonlyMap<ServiceKey, VirtualService>,
): ReadonlyMap<ServiceKey, ServiceKey> {
  const moved = new Map<ServiceKey, ServiceKey>();
  const fresh = come.filter(({ key }) => !names.has(key));
  if (fresh.length === 0) return moved;
  const gone = new Map([...names].filter(([key]) => !services.has(key)).map(([key, name]) => [name, key]));
  for (const { key, name } of fresh) {
    const from = gone.get(name);
    if (from !== undefined) moved.set(from, key);
  }
  return moved;
}
