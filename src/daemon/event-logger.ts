/** Events in the log, at the level that fits them. */
import type { Logger } from '../base/logger.js';
import type { DirectorEvent, EventType } from '../model/event.js';

type Level = 'info' | 'warn' | 'error';

const levels: Readonly<Partial<Record<EventType, Level>>> = {
  'config-refused': 'error',
  'last-good-used': 'error',
  'service-error': 'error',
  'server-down': 'warn',
  'served-as-nat': 'warn',
  'drift-found': 'warn',
};

/** Writes one event as one log line; its parts are fields of their own. */
export function logEvent(logger: Logger, event: DirectorEvent): void {
  const { seq, type, service, server, message, cause } = event;
  const subject = [service, server].filter((name) => name !== null).join('/');
  const fields = {
    event: type,
    seq,
    ...(service === null ? {} : { service }),
    ...(server === null ? {} : { server }),
    ...(cause === null ? {} : { cause }),
  };
  logger[levels[type] ?? 'info'](fields, subject === '' ? message : `${subject}: ${message}`);
}
