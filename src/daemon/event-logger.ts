/** Events in the log, at the level that fits them, and what is too long for an event. */
import type { Logger } from '../base/logger.js';
import type { DirectorEvent, EventType } from '../model/event.js';

type Level = 'info' | 'warn' | 'error';

const levels: Readonly<Partial<Record<EventType, Level>>> = {
  'config-refused': 'error',
  'last-good-used': 'error',
  'state-unwritten': 'error',
  'service-error': 'error',
  'server-down': 'warn',
  'director-stalled': 'warn',
  'served-as-nat': 'warn',
  'drift-found': 'warn',
  'repair-stopped': 'error',
  'role-changed': 'warn',
  'split-brain': 'error',
  'split-healed': 'warn',
  'line-silent': 'warn',
  'address-conflict': 'error',
  'track-failed': 'warn',
  'instance-problem': 'warn',
  'vrrp-down': 'error',
  'notice-failed': 'warn',
};

/** Writes one event as one log line; its parts are fields of their own. */
export function logEvent(logger: Logger, event: DirectorEvent): void {
  const { seq, type, service, server, notice, instance, message, cause } = event;
  const subject = notice ?? [service, server].filter((name) => name !== null).join('/');
  const fields = {
    event: type,
    seq,
    ...(service === null ? {} : { service }),
    ...(server === null ? {} : { server }),
    ...(notice === undefined ? {} : { notice }),
    ...(instance === undefined ? {} : { instance }),
    ...(cause === null ? {} : { cause }),
  };
  logger[levels[type] ?? 'info'](fields, subject === '' ? message : `${subject}: ${message}`);
}

/** Writes the whole report of a refused file; the event that goes with it has only the first of its problems. */
export function logRefusedFile(logger: Logger, code: string, report: string): void {
  logger.error({ code, report }, 'the file is refused');
}
