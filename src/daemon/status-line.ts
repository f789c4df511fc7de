/** The director's state in one line, for who looks at a list of services of the host. Pure. */
import { plural } from '../base/plural.js';
import type { ServerFacts } from '../controller/desired.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Verdict } from '../model/status.js';
import type { VirtualService } from '../model/virtual-service.js';

/** `3 services, 12 servers, 1 down`; at its end, where there is one, the first reason why the director is not ready. */
export function statusLine(
  services: readonly VirtualService[],
  verdicts: ServerFacts<Verdict>,
  ready: Snapshot['ready'],
): string {
  const servers = services.reduce((sum, service) => sum + service.servers.length, 0);
  const down = [...verdicts.values()]
    .flatMap((ofService) => [...ofService.values()])
    .filter(({ state }) => state === 'down').length;
  const counts = `${plural(services.length, 'service')}, ${plural(servers, 'server')}`;
  const downText = down === 0 ? '' : `, ${down} down`;
  const more = ready.reasons.length > 1 ? ` (and ${ready.reasons.length - 1} more)` : '';
  const notReady = ready.ok ? '' : `; not ready: ${ready.reasons[0] ?? 'no reason is known'}${more}`;
  return `${counts}${downText}${notReady}`;
}
