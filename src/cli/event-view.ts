/** One event as one line. Pure. */
import type { DirectorEvent, EventType } from '../model/event.js';
import { colors, type Colors } from './colors.js';
import { formatTime } from './format.js';

type Tone = 'good' | 'bad' | 'notice';

const tones: Readonly<Partial<Record<EventType, Tone>>> = {
  'server-up': 'good',
  'service-recovered': 'good',
  'service-restored': 'good',
  'quorum-reached': 'good',
  'panic-ended': 'good',
  'server-released': 'good',
  'agent-answers': 'good',
  'config-loaded': 'good',
  'server-down': 'bad',
  'service-error': 'bad',
  'service-degraded': 'bad',
  'service-on-backup': 'bad',
  'service-on-sorry': 'bad',
  'quorum-lost': 'bad',
  'panic-began': 'bad',
  'role-conflict': 'bad',
  'config-refused': 'bad',
  'last-good-used': 'bad',
  'state-unwritten': 'bad',
  'state-written': 'good',
  'repair-stopped': 'bad',
  'director-stalled': 'bad',
  'split-brain': 'bad',
  'split-healed': 'good',
  'line-silent': 'bad',
  'line-heard': 'good',
  'address-conflict': 'bad',
  'track-failed': 'bad',
  'track-recovered': 'good',
  'instance-problem': 'bad',
  'vrrp-down': 'bad',
  'vrrp-up': 'good',
  'sync-failed': 'bad',
  'sync-recovered': 'good',
  'role-changed': 'notice',
  'notice-failed': 'bad',
  'notice-recovered': 'good',
  'agent-silent': 'notice',
  'agent-asks': 'notice',
  'weight-set': 'notice',
  'drift-found': 'notice',
  'served-as-nat': 'notice',
  'server-held': 'notice',
  'server-role': 'notice',
  'primary-changed': 'notice',
};

/** Columns that the longest number and the longest subject take. */
export interface EventWidths {
  /** With its `#`. */
  readonly number: number;
  readonly subject: number;
}

/** For events that are not known yet: lines up to #999, subjects as long as they are. */
const STREAM: EventWidths = { number: 4, subject: 0 };

/** Widths that line these events up. */
export function eventWidths(events: readonly DirectorEvent[]): EventWidths {
  return events.reduce(
    ({ number, subject }, event) => ({
      number: Math.max(number, numberOf(event).length),
      subject: Math.max(subject, subjectOf(event).length),
    }),
    { number: 0, subject: 0 },
  );
}

function numberOf({ seq }: DirectorEvent): string {
  return `#${seq}`;
}

function subjectOf({ service, server, notice }: DirectorEvent): string {
  return notice ?? [service, server].filter((name) => name !== null).join('/');
}

/** `14:03:07  #12  server-down  shop/b  connect: ECONNREFUSED` and, where there is one, `(from #11)`. */
export function eventView(event: DirectorEvent, color: boolean, widths: EventWidths = STREAM): string {
  const paint = colors(color);
  const subject = subjectOf(event).padEnd(widths.subject);
  const parts = [
    paint.dim(formatTime(event.timeMs)),
    paint.dim(numberOf(event).padStart(widths.number)),
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
