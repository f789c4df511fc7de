/**
 * What an instance of VRRP depends on beside its interfaces, as the configuration asks for it. The director watches it and
 * tells lvsd-vrrp what is wrong.
 */
import type { Family } from '../base/ip.js';
import type { ActiveCheck } from './health-check.js';

interface TrackBase {
  readonly instance: string;
  /** Of its kind the only one of this name in the instance. */
  readonly name: string;
  /** Added to the priority while it is bad, -254..-1; null = the instance is in fault then. */
  readonly weight: number | null;
}

/** Bad while the service of that name has too few servers. */
export interface ServiceTrack extends TrackBase {
  readonly kind: 'service';
}

/** Bad while no process on this host has that name: the file name of its program. */
export interface ProcessTrack extends TrackBase {
  readonly kind: 'process';
}

/** Whom a tracked check asks. */
export interface TrackTarget {
  readonly family: Family;
  readonly address: string;
  /** null = the check has one, or needs none. */
  readonly port: number | null;
}

/** Bad while a check fails. */
export interface CheckTrack extends TrackBase {
  readonly kind: 'check';
  /** Neither `external`, nor for a role, nor one that says a weight, nor through a service's address. */
  readonly check: ActiveCheck;
  /** null only where the check asks nobody, and names no `{address}` and no `{port}`: exec, file. */
  readonly target: TrackTarget | null;
}

/** Bad while the host is. Named for people: `load`, `memory`, `disk /var`, `read_only /`, `clock_step`. */
export interface HostTrack extends TrackBase {
  readonly kind: 'host';
  readonly limit: HostLimit;
}

export type HostLimit =
  /** The load average of one minute, divided by the number of processors, is above this. */
  | { readonly of: 'load'; readonly above: number }
  /** Less than this share of the memory is available, 0..1. */
  | { readonly of: 'memory'; readonly free: number }
  /** Less than this share of the file system at the path is free for everybody, 0..1. */
  | { readonly of: 'disk'; readonly path: string; readonly free: number }
  /** The file system at the path is mounted read-only, or not there. */
  | { readonly of: 'read_only'; readonly path: string }
  /** The wall clock has jumped by more than this within the last `CLOCK_STEP_HOLD_MS`. */
  | { readonly of: 'clock_step'; readonly aboveMs: number };

/** A jump of the clock is over at once: it counts for this long. */
export const CLOCK_STEP_HOLD_MS = 60_000;

export type Track = ServiceTrack | ProcessTrack | CheckTrack | HostTrack;
