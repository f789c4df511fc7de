/** Steps as people and scripts read them. Pure. */
import { plural } from '../base/plural.js';
import type { PlannedStep } from '../dataplane/address-table.js';
import type { FieldChange } from '../dataplane/types.js';
import type { TableServer, TableService } from '../model/desired-state.js';
import { formatDeadline } from './drain.js';
import { isProbe } from '../model/probe-service.js';
import { formatServiceAddress } from '../model/format-address.js';
import { hostPrefixLength } from '../model/vip-address.js';

/** One step in words. */
export interface StepDescription {
  /** `drain-server` is the edit that begins the drain of a server which is not in the file. */
  readonly kind: PlannedStep['kind'] | 'drain-server';
  readonly phase: PlannedStep['phase'];
  /** Service name. */
  readonly service: string;
  /** Server name, or null for a step about the service. */
  readonly server: string | null;
  /** "192.0.2.10:80, wrr", "weight 1 -> 3" or "192.0.2.10/32 on eth0". */
  readonly detail: string;
  /** Connections (active + inactive) that the step touches. */
  readonly liveConnections: number;
  /** Of a service that is there for probes alone. */
  readonly probe?: true;
}

/** Names the step's subjects, what it changes, and the live connections it touches. */
export function describeStep(step: PlannedStep): StepDescription {
  return {
    kind: isDrain(step) ? 'drain-server' : step.kind,
    phase: step.phase,
    service: step.service.name,
    server: 'server' in step ? step.server.name : null,
    detail: detailOf(step),
    liveConnections: 'liveConnections' in step ? step.liveConnections : 0,
    ...(isProbe(step.service) ? { probe: true } : {}),
  };
}

/** One line: `shop: edit server web-1 (weight 1 -> 3; 12 live connections)`. */
export function formatStep(step: PlannedStep): string {
  const { kind, service, server, detail, liveConnections } = describeStep(step);
  const subject = server === null ? '' : ` ${server}`;
  const live = liveConnections === 0 || isMove(step) ? '' : `; ${plural(liveConnections, 'live connection')}`;
  return `${service}: ${kind.replace('-', ' ')}${subject} (${detail}${live})`;
}

/** `scheduler wlc -> rr, one_packet false -> true`. */
export function formatChanges(changes: readonly FieldChange[]): string {
  return changes.map(({ field, from, to }) => `${field} ${from} -> ${to}`).join(', ');
}

function detailOf(step: PlannedStep): string {
  switch (step.kind) {
    case 'edit-service':
      return formatChanges(step.changes);
    case 'edit-server': {
      const until = step.drain === undefined ? '' : `, drains ${formatDeadline(step.drain.deadlineMs)}`;
      return `${formatChanges(step.changes)}${until}`;
    }
    case 'create-service':
      return serviceDetail(step.service);
    case 'delete-service':
      return isMove(step) ? moveDetail(step) : serviceDetail(step.service);
    case 'add-server':
    case 'delete-server':
      return serverDetail(step.server);
    case 'add-address':
    case 'delete-address':
      return `${step.vip.address}/${hostPrefixLength(step.vip.family)} on ${step.vip.interface}`;
  }
}

function isDrain(step: PlannedStep): boolean {
  return step.kind === 'edit-server' && step.drain !== undefined;
}

type DeleteService = Extract<PlannedStep, { kind: 'delete-service' }>;

/** A service that is deleted before anything else stands on another plane afterwards. */
function isMove(step: PlannedStep): boolean {
  return step.kind === 'delete-service' && step.phase === 1;
}

/** `192.0.2.10:80, wlc, leaves the kernel plane: drops 12 connections`. */
function moveDetail({ service, liveConnections }: DeleteService): string {
  const drops = `drops ${plural(liveConnections, 'connection')}`;
  return `${serviceDetail(service)}, leaves the ${service.plane ?? 'other'} plane: ${drops}`;
}

function serviceDetail({ address, settings }: TableService): string {
  return `${formatServiceAddress(address)}, ${settings.scheduler}`;
}

/** A server without a name of its own is called by its key already. */
function serverDetail({ name, key, forwarding, weight }: TableServer): string {
  return `${name === key ? '' : `${key}, `}${forwarding}, weight ${weight}`;
}
