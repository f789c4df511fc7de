/** What drains mean to people, as events. Pure. */
import type { ObservedTable } from '../dataplane/types.js';
import type { DrainEnd } from '../model/drain.js';
import type { ServiceKey } from '../model/keys.js';
import { causeOf, type DirtyServices } from './dirty-set.js';
import { formatDeadline, formatEnd } from './drain.js';
import type { EventDraft } from './event-log.js';
import type { Leaving } from './leaving.js';

/** One event for each server that leaves and did not before. */
export function leaveEvents(
  before: Leaving,
  after: Leaving,
  observed: ObservedTable,
  causes: DirtyServices,
): readonly EventDraft[] {
  const events: EventDraft[] = [];
  for (const [key, servers] of after) {
    const service = observed.get(key);
    for (const [server, { name, origin, deadlineMs }] of servers) {
      if (service?.servers.has(server) !== true || before.get(key)?.get(server)?.seen === true) continue;
      const why = origin === 'file' ? 'not in the file (any more)' : 'in the table before lvsd came';
      events.push({
        type: 'drain-began',
        service: service.name,
        server: name,
        message: `${why}: draining ${formatDeadline(deadlineMs)}`,
        cause: causeOf(causes.get(key), server),
      });
    }
  }
  return events;
}

/** How a drain ended. */
export function endEvent(
  subject: { readonly service: string | ServiceKey; readonly server: string; readonly sinceMs: number },
  end: DrainEnd,
): EventDraft {
  const { service, server, sinceMs } = subject;
  return { type: 'drain-ended', service, server, message: `drained: ${formatEnd(end, sinceMs)}` };
}
