/** What becomes of the flows of a server that is removed, as the service wants it (`lost_flows`). */
import type { ServerKey, ServiceKey } from '../../model/keys.js';
import type { LostFlows } from '../../model/virtual-service.js';
import type { FlowTable } from './flow-table.js';

/**
 * The server is gone. `reset` ends its flows: TCP by RST, and a UDP client is scheduled anew by its next datagram. `drop`
 * carries nothing any more until the server is back. What is still being connected is left to the retry.
 */
export function serverLost(
  flows: FlowTable,
  policy: LostFlows,
  service: ServiceKey,
  server: ServerKey,
): void {
  if (policy === 'keep') return;
  for (const { carrier, state } of flows.of(service, server)) {
    if (state === 'CONNECTING') continue;
    if (policy === 'reset') carrier?.abort();
    else carrier?.hold(true);
  }
}

/** The server is back: what was held goes on. */
export function serverFound(flows: FlowTable, service: ServiceKey, server: ServerKey): void {
  for (const { carrier } of flows.of(service, server)) carrier?.hold(false);
}

/** The service wants something else: nothing is held any more. */
export function policyChanged(
  flows: FlowTable,
  before: LostFlows,
  after: LostFlows,
  service: ServiceKey,
): void {
  if (before !== 'drop' || after === 'drop') return;
  for (const { carrier } of flows.of(service)) carrier?.hold(false);
}
