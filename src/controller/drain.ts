/** The rules of a drain: when a server may be deleted, whom that cuts off, and how it is told. Pure. */
import { plural } from '../base/plural.js';
import type { ObservedServer } from '../dataplane/types.js';
import type {
  DrainCounts,
  DrainEnd,
  DrainEndCause,
  DrainOrder,
  DrainStatus,
  LeavingServer,
  MaintenanceOrder,
} from '../model/drain.js';
import type { ServiceAddress } from '../model/service-address.js';

/** What is left on the server. Where the plane does not tell of templates there are none. */
export function drainCounts(entry: ObservedServer): DrainCounts {
  return {
    active: entry.activeConnections,
    inactive: entry.inactiveConnections,
    sticky: entry.persistentConnections ?? 0,
  };
}

/**
 * Whether nobody has a claim on the server any more. With weight 0 that does not change again: who comes now is
 * scheduled elsewhere.
 */
export function isIdle({ active, inactive, sticky }: DrainCounts): boolean {
  return active + inactive + sticky === 0;
}

/**
 * Connections that end if the server is deleted now. TCP's inactive ones have ended already, those of UDP live; with a
 * firewall mark the kernel does not say which they are, so all count.
 */
export function openConnections(address: ServiceAddress, { active, inactive }: DrainCounts): number {
  return address.kind === 'fwmark' || address.protocol === 'udp' ? active + inactive : active;
}

/**
 * Whether a drain is over, and why; null while it goes on. A server that still has a weight may be idle by chance.
 *
 * @param entry undefined when the server is not in the table
 * @param late its time is over
 */
export function judgeDrain(entry: ObservedServer | undefined, late: boolean): DrainEndCause | null {
  if (entry === undefined) return 'gone';
  if (entry.weight === 0 && isIdle(drainCounts(entry))) return 'idle';
  return late ? 'deadline' : null;
}

/** Why a server with such orders is not as configured; empty without any. */
export function orderReason(
  drain: DrainOrder | undefined,
  maintenance: MaintenanceOrder | undefined,
): string {
  if (maintenance === undefined) return drain === undefined ? '' : drainReason(drain, `by ${drain.by}`);
  const why = maintenance.reason === '' ? '' : `: ${maintenance.reason}`;
  const state = drain?.end === null ? `; ${drainReason(drain, '')}` : '';
  return `in maintenance by ${maintenance.by} since ${formatTime(maintenance.sinceMs)}${why}${state}`;
}

function drainReason({ end, deadlineMs }: DrainOrder, by: string): string {
  const words = end === null ? ['draining', by, formatDeadline(deadlineMs)] : ['drained', by];
  return words.filter((word) => word !== '').join(' ');
}

/** An order as every face shows it. */
export function drainStatus({ purpose, by, sinceMs, deadlineMs, end }: DrainOrder): DrainStatus {
  return { origin: purpose === 'drain' ? 'operator' : 'maintenance', by, sinceMs, deadlineMs, end };
}

/** A server that is not in the file any more, in the same words. */
export function leaverStatus({ origin, sinceMs, deadlineMs }: LeavingServer): DrainStatus {
  return { origin, by: null, sinceMs, deadlineMs, end: null };
}

/** `until 2026-11-21T20:05:00Z`, or for how long else. */
export function formatDeadline(deadlineMs: number | null): string {
  return deadlineMs === null ? 'until its last connection ends' : `until ${formatTime(deadlineMs)}`;
}

/** `2026-11-21T20:05:00Z` */
export function formatTime(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, -5)}Z`;
}

/** `12 active, 3 inactive, 2 sticky` */
export function formatCounts({ active, inactive, sticky }: DrainCounts): string {
  const parts = [`${active} active`, `${inactive} inactive`, ...(sticky === 0 ? [] : [`${sticky} sticky`])];
  return parts.join(', ');
}

/** `4m 10s`, without a part that is 0; `0s` for less than half a second. */
export function formatSpan(ms: number): string {
  const seconds = Math.round(Math.max(0, ms) / 1000);
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const words = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`);
  return words.length === 0 ? '0s' : words.join(' ');
}

/** How a drain ended, in one line. */
export function formatEnd({ cause, connectionsCut, atMs }: DrainEnd, sinceMs: number): string {
  switch (cause) {
    case 'idle':
      return `idle after ${formatSpan(atMs - sinceMs)}, no connection cut`;
    case 'gone':
      return 'not in the table, no connection cut';
    case 'deadline':
      return connectionsCut === 0
        ? 'its time is over, no connection cut'
        : `its time is over, ${plural(connectionsCut, 'connection')} cut`;
  }
}
