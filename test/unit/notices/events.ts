/** Events for tests of notices. */
import type { DirectorEvent, EventType } from '../../../src/model/event.js';
import type { ExecNotice } from '../../../src/model/notice.js';
import type { Occurrence } from '../../../src/notices/content.js';

export function event(seq: number, type: EventType, changes: Partial<DirectorEvent> = {}): DirectorEvent {
  const timeMs = Date.UTC(2026, 0, 1) + seq;
  return { seq, timeMs, type, service: null, server: null, message: `m${seq}`, cause: null, ...changes };
}

/** web-1 of shop is down. */
export function occurrence(seq: number, changes: Partial<DirectorEvent> = {}): Occurrence {
  return {
    event: event(seq, 'server-down', { service: 'shop', server: 'web-1', ...changes }),
    because: [],
  };
}

export function notice(changes: Partial<ExecNotice> = {}): ExecNotice {
  return {
    name: 'pager',
    type: 'exec',
    events: ['server-down', 'server-up'],
    services: null,
    queue: 1000,
    timeoutMs: 10_000,
    retryForMs: 600_000,
    command: ['/bin/true'],
    ...changes,
  };
}
