/** Servers as an operator names them: found in the running configuration, or refused with what was perhaps meant. */
import { ApiError } from '../api/errors.js';
import { nameHint } from '../config/name-hint.js';
import type { VirtualService } from '../model/virtual-service.js';
import { findServers, type FoundServer } from './find-servers.js';

const NOT_FOUND = 404;

/** @throws ApiError ERR_NO_SUCH_SERVICE */
export function requireService(services: readonly VirtualService[], name: string): VirtualService {
  const found = services.find((service) => service.name === name);
  if (found !== undefined) return found;
  const names = services.map((service) => service.name);
  throw notFound('service', name, nameHint(name, names));
}

/**
 * Servers by name, `address:port` or address, at least one.
 *
 * @param service name; undefined = all services
 * @throws ApiError ERR_NO_SUCH_SERVICE, ERR_NO_SUCH_SERVER
 */
export function requireServers(
  services: readonly VirtualService[],
  service: string | undefined,
  server: string,
): readonly FoundServer[] {
  if (service !== undefined) requireService(services, service);
  const found = findServers(services, service, server);
  if (found.length > 0) return found;
  const known = services
    .filter(({ name }) => service === undefined || name === service)
    .flatMap((each) => each.servers);
  const [names, keys] = [known.map(({ name }) => name), known.map(({ key }) => key)];
  throw notFound('server', server, nameHint(server, names, keys));
}

function notFound(kind: 'service' | 'server', name: string, hint: string): ApiError {
  return new ApiError(`find ${kind} ${name}: there is none of that name${hint}`, {
    code: kind === 'service' ? 'ERR_NO_SUCH_SERVICE' : 'ERR_NO_SUCH_SERVER',
    details: { status: NOT_FOUND },
  });
}
