/** What is told of an event, whatever the way: the same fields for programs, web addresses and mailboxes. Pure. */
import type { DirectorEvent, EventType } from '../model/event.js';

/** An event with what led to it, as it was when the event happened. */
export interface Occurrence {
  readonly event: DirectorEvent;
  /** Its cause, the cause of that, and so on; those that are still known. */
  readonly because: readonly DirectorEvent[];
}

/** Who tells it. */
export interface Teller {
  /** Name of the director. */
  readonly director: string;
  /** When it started, ms since the epoch: numbers of events begin anew with each start. */
  readonly startedAtMs: number;
}

/** One event as others get it. */
export interface ToldEvent {
  readonly seq: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly time: string;
  readonly type: EventType;
  readonly service: string | null;
  readonly server: string | null;
  /** Of VRRP; absent where it is about none. */
  readonly instance?: string;
  readonly message: string;
}

/** What a program reads and a web address gets, as JSON. */
export interface NoticeBody extends ToldEvent {
  /** Of this form; rises when a field changes its meaning. */
  readonly version: 1;
  /** The same however often it is sent, and unique over directors and restarts. */
  readonly id: string;
  readonly director: string;
  /** Name of the notice. */
  readonly notice: string;
  /** `seq` of the event that led to this one. */
  readonly cause: number | null;
  /** That event, the one that led to it, and so on. */
  readonly because: readonly ToldEvent[];
  /** Events for this notice since the last one that arrived, which will never come. */
  readonly missed: number;
}

/** The body of one event. */
export function bodyOf(
  { event, because }: Occurrence,
  { director, startedAtMs }: Teller,
  notice: string,
  missed: number,
): NoticeBody {
  return {
    version: 1,
    id: `${director}-${startedAtMs}-${event.seq}`,
    director,
    notice,
    ...toldEvent(event),
    cause: event.cause,
    because: because.map(toldEvent),
    missed,
  };
}

function toldEvent({ seq, timeMs, type, service, server, instance, message }: DirectorEvent): ToldEvent {
  const about = { service, server, ...(instance === undefined ? {} : { instance }) };
  return { seq, time: new Date(timeMs).toISOString(), type, ...about, message };
}

/** `shop/web-1`, `shop`, the name of a notice, or nothing. */
export function subjectOf({ service, server, notice }: DirectorEvent): string {
  return notice ?? [service, server].filter((name) => name !== null).join('/');
}

/** Text that others wrote may be in it: no control characters, no more than so many characters. */
export function oneLine(text: string, longest: number): string {
  const line = text.replaceAll(/\p{Cc}+/gu, ' ').trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 3)}...`;
}
