/** The ordered story of what happened and why. */

/** Every kind of event, in the order of their table in docs/notices.md. */
export const EVENT_TYPES = [
  'director-started',
  'director-stopping',
  'director-stalled',
  'config-loaded',
  'config-refused',
  'last-good-used',
  'state-unwritten',
  'state-written',
  'service-added',
  'service-changed',
  'service-removed',
  'service-error',
  'service-recovered',
  'served-as-nat',
  'service-degraded',
  'service-restored',
  'service-on-backup',
  'service-on-sorry',
  'quorum-lost',
  'quorum-reached',
  'panic-began',
  'panic-ended',
  'primary-changed',
  'role-conflict',
  'server-added',
  'server-changed',
  'server-removed',
  'server-up',
  'server-down',
  'server-unknown',
  'server-role',
  'server-held',
  'server-released',
  'agent-silent',
  'agent-answers',
  'agent-asks',
  'weight-set',
  'drain-began',
  'drain-ended',
  'drain-cancelled',
  'maintenance-began',
  'maintenance-ended',
  'address-added',
  'address-removed',
  'role-changed',
  'split-brain',
  'split-healed',
  'line-silent',
  'line-heard',
  'address-conflict',
  'track-failed',
  'track-recovered',
  'instance-problem',
  'vrrp-down',
  'vrrp-up',
  'sync-failed',
  'sync-recovered',
  'drift-found',
  'repair-stopped',
  'notice-failed',
  'notice-recovered',
  'notice-test',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** One thing that happened. Numbers rise by 1 without gaps while the process lives. */
export interface DirectorEvent {
  readonly seq: number;
  /** Wall clock, ms since the epoch. */
  readonly timeMs: number;
  readonly type: EventType;
  /** Service name, where it is about one. */
  readonly service: string | null;
  /** Server name, where it is about one. */
  readonly server: string | null;
  /** Name of the notice that it is about; absent elsewhere. */
  readonly notice?: string;
  /** Name of the VRRP instance that it is about; absent elsewhere. */
  readonly instance?: string;
  /** One line for people. */
  readonly message: string;
  /** `seq` of the event that led to this one. */
  readonly cause: number | null;
}
