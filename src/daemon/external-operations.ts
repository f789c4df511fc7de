/** Results that others tell about servers: by name to the checks that wait for them. */
import type { CheckResultAnswer, CheckResultRequest } from '../api/check-result-protocol.js';
import { ApiError } from '../api/errors.js';
import type { ExternalResults } from '../health/external-results.js';
import type { VirtualService } from '../model/virtual-service.js';
import { requireServers } from './named-servers.js';

const CONFLICT = 409;

/** @throws ApiError ERR_NO_SUCH_SERVER; ERR_NO_EXTERNAL_CHECK when no service checks that server so */
export function tellResult(
  services: readonly VirtualService[],
  results: ExternalResults,
  { server, up, reason = '' }: CheckResultRequest,
): CheckResultAnswer {
  const told = requireServers(services, undefined, server).filter(({ service }) =>
    service.checks.some(({ type }) => type === 'external'),
  );
  if (told.length === 0) {
    throw new ApiError(`tell result of ${server}: no service that has it has a check of type external`, {
      code: 'ERR_NO_EXTERNAL_CHECK',
      details: { status: CONFLICT },
    });
  }
  for (const key of new Set(told.map((each) => each.server.key))) results.set(key, { ok: up, reason });
  return { told: told.map((each) => ({ service: each.service.name, server: each.server.name })) };
}
