/** One event as one line. Pure. */
import type { DirectorEvent, EventType } from '../model/event.js';
import { colors, type Colors } from './colors.js';
import { formatTime } from './format.js';

type Tone = 'good' | 'bad' | 'notice';

const tones: Readonly<Partial<Record<EventType, Tone>>> = {
  'server-up': 'good',
  'service-recovered': 'good',
  'config-loaded': 'good',
  'server-down': 'bad',
  'service-error': 'bad',
  'config-refused': 'bad',
  'last-good-used': 'bad',
  'weight-set': 'notice',
  'drift-found': 'notice',
  'served-as-nat': 'notice',
};

/** `14:03:07  #12  server-down  shop/b  connect: ECONNREFUSED` and, where there is one, `(from #11)`. */
export function eventView(event: DirectorEvent, color: boolean): string {
  const paint = colors(color);
  const subject = [event.service, event.server].filter((name) => name !== null).join('/');
  const parts = [
    paint.dim(formatTime(event.timeMs)),
    paint.dim(`#${event.seq}`),
    painter(event.type, paint)(event.type.padEnd(WIDEST)),
    ...(subject === '' ? [] : [paint.bold(subject)]),
    event.message,
    ...(event.cause === null ? [] : [paint.dim(`(from #${event.cause})`)]),
  ];
  return parts.join('  ');
}

const WIDEST = 'director-stopping'.length;

function painter(type: EventType, paint: Colors): (text: string) => string {
  const tone = tones[type];
  if (tone === undefined) return (text) => text;
  return { good: paint.green, bad: paint.red, notice: paint.yellow }[tone];
}
