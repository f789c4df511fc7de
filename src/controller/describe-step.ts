/** Steps as people and scripts read them. Pure. */
import type { FieldChange, Phase, Step } from '../dataplane/types.js';
import type { TableServer, TableService } from '../model/desired-state.js';
import { formatServiceAddress } from '../model/format-address.js';

/** One step in words. */
export interface StepDescription {
  readonly kind: Step['kind'];
  readonly phase: Phase;
  /** Service name. */
  readonly service: string;
  /** Server name, or null for a step about the service. */
  readonly server: string | null;
  /** "192.0.2.10:80, wrr" or "weight 1 -> 3". */
  readonly detail: string;
  /** Connections (active + inactive) that the step touches. */
  readonly liveConnections: number;
}

/** Names the step's subjects, what it changes, and the live connections it touches. */
export function describeStep(step: Step): StepDescription {
  return {
    kind: step.kind,
    phase: step.phase,
    service: step.service.name,
    server: 'server' in step ? step.server.name : null,
    detail: detailOf(step),
    liveConnections: 'liveConnections' in step ? step.liveConnections : 0,
  };
}

/** One line: `shop: edit server web-1 (weight 1 -> 3; 12 live connections)`. */
export function formatStep(step: Step): string {
  const { kind, service, server, detail, liveConnections } = describeStep(step);
  const subject = server === null ? '' : ` ${server}`;
  const live =
    liveConnections === 0 ? '' : `; ${liveConnections} live connection${liveConnections === 1 ? '' : 's'}`;
  return `${service}: ${kind.replace('-', ' ')}${subject} (${detail}${live})`;
}

/** `scheduler wlc -> rr, one_packet false -> true`. */
export function formatChanges(changes: readonly FieldChange[]): string {
  return changes.map(({ field, from, to }) => `${field} ${from} -> ${to}`).join(', ');
}

function detailOf(step: Step): string {
  switch (step.kind) {
    case 'edit-service':
    case 'edit-server':
      return formatChanges(step.changes);
    case 'create-service':
    case 'delete-service':
      return serviceDetail(step.service);
    case 'add-server':
    case 'delete-server':
      return serverDetail(step.server);
  }
}

function serviceDetail({ address, settings }: TableService): string {
  return `${formatServiceAddress(address)}, ${settings.scheduler}`;
}

/** A server without a name of its own is called by its key already. */
function serverDetail({ name, key, forwarding, weight }: TableServer): string {
  return `${name === key ? '' : `${key}, `}${forwarding}, weight ${weight}`;
}
