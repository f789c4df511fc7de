/**
 * Events for a reader that stays. The kept events themselves are the buffer: each follower has only its place in
 * them, so a slow one costs nothing, and one that fell behind what is kept is told so and ended.
 */
import { Bell } from './bell.js';
import { apiError, errorAnswer } from './errors.js';
import { jsonLine } from './json-lines.js';
import type { EventSource } from './operations.js';

/** Events handed over at once. */
const PAGE = 200;

/**
 * The events after `after` and then each new one as JSON lines, until `signal` aborts.
 *
 * A gap in `seq` before the first line means events that were no longer kept. A follower that falls behind later
 * gets an `ErrorAnswer` (ERR_API_SLOW_CONSUMER) as its last line.
 */
export async function* followEvents(
  events: EventSource,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const bell = new Bell();
  const ring = (): void => bell.ring();
  const unsubscribe = events.subscribe(ring);
  signal.addEventListener('abort', ring, { once: true });
  try {
    let place = after;
    for (let first = true; !signal.aborted; first = false) {
      const page = events.since(place, PAGE);
      if (page.missed > 0 && !first) {
        yield slowConsumerLine(page.missed);
        return;
      }
      place = page.events.at(-1)?.seq ?? place;
      if (page.events.length > 0) yield page.events.map(jsonLine).join('');
      else await bell.wait();
    }
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', ring);
  }
}

function slowConsumerLine(missed: number): string {
  const error = apiError(
    'ERR_API_SLOW_CONSUMER',
    `follow events: this reader was too slow, ${missed} events are no longer kept; ask again from the last one read`,
  );
  return jsonLine(errorAnswer(error));
}
