/** Everybody who hears of events. Nothing here ever holds up the director: events are queued, and sent beside it. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Random } from '../base/clock.js';
import type { DirectorEvent, EventType } from '../model/event.js';
import type { NoticeSettings, NoticeStatus } from '../model/notice.js';
import type { Occurrence, Teller } from './content.js';
import { Courier } from './courier.js';
import { createSender } from './create-sender.js';
import { wants } from './select.js';
import type { Sender, SendResult } from './sender.js';

/** The director's events, as much of them as is needed here. */
export interface NoticedEvents {
  append(draft: { readonly type: EventType; readonly notice: string; readonly message: string }): number;
  since(seq: number, limit: number): { readonly events: readonly DirectorEvent[] };
  subscribe(listener: (event: DirectorEvent) => void): () => void;
}

export interface NoticesOptions extends Teller {
  readonly clock: Clock;
  readonly random: Random;
  readonly events: NoticedEvents;
  /** Default: the real ones. */
  readonly makeSender?: (settings: NoticeSettings, before: Sender | null) => Sender;
}

/** Time at the end of a notice for what still waits. */
const END_MS = 5000;
const LONGEST_CHAIN = 5;

/** Works as long as it is not closed. */
export class Notices {
  readonly #options: NoticesOptions;
  readonly #makeSender: (settings: NoticeSettings, before: Sender | null) => Sender;
  #couriers: ReadonlyMap<string, Courier> = new Map();
  /** Ending, since their notice has left the file. */
  readonly #leaving = new Set<Promise<void>>();
  #unsubscribe: (() => void) | null = null;

  constructor(options: NoticesOptions) {
    this.#options = options;
    this.#makeSender =
      options.makeSender ?? ((settings, before) => createSender(settings, options, options.clock, before));
  }

  /** Begins to listen. */
  start(settings: readonly NoticeSettings[]): void {
    this.#unsubscribe = this.#options.events.subscribe((event) => this.#take(event));
    this.configure(settings);
  }

  /** Follows the file: what did not change goes on untouched; what changed keeps its queue. */
  configure(settings: readonly NoticeSettings[]): void {
    const couriers = new Map<string, Courier>();
    for (const each of settings) couriers.set(each.name, this.#courierOf(each));
    for (const [name, courier] of this.#couriers) if (!couriers.has(name)) this.#leave(courier);
    this.#couriers = couriers;
  }

  /** In the order of the file. */
  get status(): readonly NoticeStatus[] {
    return [...this.#couriers.values()].map((courier) => courier.status);
  }

  /**
   * Sends an event made for it by one notice, at once.
   *
   * @param by who asks, for people
   * @returns null when the running configuration has no notice of that name
   */
  async test(name: string, by: string): Promise<SendResult | null> {
    const courier = this.#couriers.get(name);
    if (courier === undefined) return null;
    const seq = this.#options.events.append({ type: 'notice-test', notice: name, message: `asked by ${by}` });
    const event = this.#find(seq);
    return event === null ? null : courier.try({ event, because: [] });
  }

  /** Sends what waits, for 5 s at most, and tells what is left. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([
      ...this.#leaving,
      ...[...this.#couriers.values()].map((courier) => courier.close(END_MS)),
    ]);
    this.#unsubscribe?.();
    this.#unsubscribe = null;
  }

  #courierOf(settings: NoticeSettings): Courier {
    const { clock, random } = this.#options;
    const known = this.#couriers.get(settings.name);
    if (known !== undefined) {
      if (!isDeepStrictEqual(known.settings, settings))
        known.follow(settings, this.#makeSender(settings, known.sender));
      return known;
    }
    return new Courier(settings, this.#makeSender(settings, null), {
      clock,
      random,
      tell: (type, message) => this.#tell(settings.name, type, message),
    });
  }

  #leave(courier: Courier): void {
    const ending = courier.close(END_MS).finally(() => this.#leaving.delete(ending));
    this.#leaving.add(ending);
  }

  #take(event: DirectorEvent): void {
    let occurrence: Occurrence | null = null;
    for (const courier of this.#couriers.values()) {
      if (!wants(courier.settings, event)) continue;
      occurrence ??= { event, because: this.#chain(event) };
      courier.push(occurrence);
    }
  }

  /** What led to it, while it is known; causes are older than what follows from them. */
  #chain(event: DirectorEvent): readonly DirectorEvent[] {
    const chain: DirectorEvent[] = [];
    let cause = event.cause;
    while (cause !== null && chain.length < LONGEST_CHAIN) {
      const found = this.#find(cause);
      if (found === null) break;
      chain.push(found);
      cause = found.cause !== null && found.cause < found.seq ? found.cause : null;
    }
    return chain;
  }

  #find(seq: number): DirectorEvent | null {
    const [event] = this.#options.events.since(seq - 1, 1).events;
    return event?.seq === seq ? event : null;
  }

  /** Not at once: it may be asked while listeners hear of another event, which is to come first for all of them. */
  #tell(notice: string, type: 'notice-failed' | 'notice-recovered', message: string): void {
    queueMicrotask(() => this.#options.events.append({ type, notice, message }));
  }
}
