/**
 * When the OVERLOAD flag appears and goes. Data planes call these at the kernel's moments; schedulers only read
 * the flag. Each function writes `server.overloaded` and nothing else.
 *
 * `classic` compares after every bind and unbind, of templates too, and forgets the flag when the upper threshold
 * is unset or raised. Later generations act only when the count meets a threshold exactly, ignore templates, and
 * decide anew when an edit changes a threshold.
 *
 * @see net/netfilter/ipvs/ip_vs_conn.c (ip_vs_bind_dest, ip_vs_unbind_dest), ip_vs_ctl.c (__ip_vs_update_dest)
 */
import type { KernelGeneration, SchedulerServer } from './types.js';

/** What was bound to a server: a connection, or a persistence template, which no count includes. */
export type BindingKind = 'connection' | 'template';

/** A server's two thresholds; 0 = unset. */
export interface Thresholds {
  readonly upper: number;
  readonly lower: number;
}

/** Why a pair of thresholds is refused. */
export type ThresholdFault =
  | 'threshold is not an integer from 0 to 4294967295'
  | 'lower threshold is above the upper threshold'
  | 'upper threshold is above 2147483647';

/**
 * To be called after a connection or template was bound to the server.
 *
 * @param server its counts already include a new connection
 */
export function connectionBound(
  server: SchedulerServer,
  generation: KernelGeneration,
  kind: BindingKind,
): void {
  const total = connectionsOf(server);
  const upper = server.upperThreshold;
  if (generation === 'classic') {
    if (upper !== 0 && total >= upper) server.overloaded = true;
  } else if (kind === 'connection' && total === upper && total >= lowerLimit(server)) {
    server.overloaded = true;
  }
}

/**
 * To be called after a connection or template of the server ended.
 *
 * @param server its counts no longer include the connection
 */
export function connectionUnbound(
  server: SchedulerServer,
  generation: KernelGeneration,
  kind: BindingKind,
): void {
  const total = connectionsOf(server);
  if (generation === 'classic') {
    if (belowClassicLimit(server, total)) server.overloaded = false;
  } else if (kind === 'connection' && total + 1 === lowerLimit(server)) {
    // What has just left the lower limit is below the upper threshold too.
    server.overloaded = false;
  }
}

/**
 * To be called after the server's thresholds were set: on every edit, and when it is added (new servers had 0, 0;
 * a server that comes back had those it left with).
 *
 * @param previous the thresholds before
 */
export function thresholdsEdited(
  server: SchedulerServer,
  previous: Thresholds,
  generation: KernelGeneration,
): void {
  const upper = server.upperThreshold;
  if (generation === 'classic') {
    if (upper === 0 || upper > previous.upper) server.overloaded = false;
    return;
  }
  if (upper === previous.upper && server.lowerThreshold === previous.lower) return;
  const total = connectionsOf(server);
  if (upper === 0) server.overloaded = false;
  else if (total >= upper) server.overloaded = true;
  else if (total < lowerLimit(server)) server.overloaded = false;
}

/** What the generation refuses about a pair of thresholds, null when it takes them. */
export function thresholdFault(thresholds: Thresholds, generation: KernelGeneration): ThresholdFault | null {
  const { upper, lower } = thresholds;
  if (!isUnsigned32(upper) || !isUnsigned32(lower)) return 'threshold is not an integer from 0 to 4294967295';
  if (lower > upper) return 'lower threshold is above the upper threshold';
  if (generation !== 'classic' && upper > 0x7fffffff) return 'upper threshold is above 2147483647';
  return null;
}

function isUnsigned32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
}

function connectionsOf(server: SchedulerServer): number {
  return server.activeConnections + server.inactiveConnections;
}

/** Where later generations clear the flag: the lower threshold, or three quarters of the upper one. */
function lowerLimit(server: SchedulerServer): number {
  const { upperThreshold, lowerThreshold } = server;
  return lowerThreshold !== 0 ? lowerThreshold : upperThreshold - Math.floor(upperThreshold / 4);
}

function belowClassicLimit(server: SchedulerServer, total: number): boolean {
  if (server.lowerThreshold !== 0) return total < server.lowerThreshold;
  return server.upperThreshold === 0 || total * 4 < server.upperThreshold * 3;
}
