/** The ordered story of what happened, kept in a ring of fixed size. */
import type { Clock } from '../base/clock.js';
import type { DirectorEvent, EventType } from '../model/event.js';

/** What a writer tells; number and time are the log's. */
export interface EventDraft {
  readonly type: EventType;
  /** Default null: not about one service. */
  readonly service?: string | null;
  /** Default null: not about one server. */
  readonly server?: string | null;
  /** Default: not about a notice. */
  readonly notice?: string;
  /** Default: not about a VRRP instance. */
  readonly instance?: string;
  readonly message: string;
  /** `seq` of the event that led to this one; default null. */
  readonly cause?: number | null;
}

export interface EventPage {
  readonly events: readonly DirectorEvent[];
  /** Events after the asked number that are no longer kept. */
  readonly missed: number;
}

export type EventListener = (event: DirectorEvent) => void;

/** Numbers events from 1 without gaps and keeps the last `capacity` of them. */
export class EventLog {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #ring: DirectorEvent[] = [];
  readonly #listeners = new Set<EventListener>();
  #lastSeq = 0;

  /** @param options.capacity events kept, at least 1; default 1000 */
  constructor(clock: Clock, options: { readonly capacity?: number } = {}) {
    this.#clock = clock;
    this.#capacity = options.capacity ?? 1000;
  }

  /** Number of the newest event, 0 before the first. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /**
   * Adds an event and tells the listeners before it returns.
   *
   * @returns the event's number, to be given as the cause of what follows from it
   */
  append(draft: EventDraft): number {
    return this.#append(draft, this.#clock.wallMs());
  }

  /** Adds events of one moment, in their order. */
  appendAll(drafts: readonly EventDraft[]): void {
    if (drafts.length === 0) return;
    const timeMs = this.#clock.wallMs();
    for (const draft of drafts) this.#append(draft, timeMs);
  }

  #append(draft: EventDraft, timeMs: number): number {
    const event: DirectorEvent = {
      seq: ++this.#lastSeq,
      timeMs,
      type: draft.type,
      service: draft.service ?? null,
      server: draft.server ?? null,
      ...(draft.notice === undefined ? {} : { notice: draft.notice }),
      ...(draft.instance === undefined ? {} : { instance: draft.instance }),
      message: draft.message,
      cause: draft.cause ?? null,
    };
    this.#ring[(event.seq - 1) % this.#capacity] = event;
    for (const listener of this.#listeners) listener(event);
    return event.seq;
  }

  /**
   * Reads the events numbered above `seq`, oldest first.
   *
   * @param limit at most so many; the rest is read by asking again from the last one's number
   */
  since(seq: number, limit = Number.POSITIVE_INFINITY): EventPage {
    const oldest = Math.max(1, this.#lastSeq - this.#capacity + 1);
    const first = Math.max(seq + 1, oldest);
    const end = Math.min(this.#lastSeq, first + limit - 1);
    const events: DirectorEvent[] = [];
    for (let number = first; number <= end; number++) {
      const event = this.#ring[(number - 1) % this.#capacity];
      if (event !== undefined) events.push(event);
    }
    return { events, missed: Math.max(0, first - Math.max(1, seq + 1)) };
  }

  /** Calls back for each event from now on. A listener must not throw. @returns a function that ends it */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
