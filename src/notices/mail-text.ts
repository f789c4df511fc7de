/** Mails as people read them: one event, or many that were left out. Pure. */
import { plural } from '../base/plural.js';
import type { DirectorEvent } from '../model/event.js';
import { oneLine, subjectOf, type Occurrence } from './content.js';

export interface MailText {
  readonly subject: string;
  readonly text: string;
}

const LONGEST_SUBJECT = 150;
const LONGEST_MESSAGE = 2000;
const MOST_LINES = 200;
const MOST_KINDS = 4;

/**
 * The mail of one event; of several, which were left out so far, their number, kinds and lines.
 *
 * @param missed events before these that will never come
 */
export function mailOf(director: string, occurrences: readonly Occurrence[], missed: number): MailText {
  const [first] = occurrences;
  const lost = missed === 0 ? [] : ['', `Before this ${plural(missed, 'event')} could not be sent.`];
  if (first === undefined || occurrences.length > 1) {
    const mail = summary(occurrences.map(({ event }) => event));
    return { subject: subjectLine(director, mail.subject), text: lines([...mail.lines, ...lost]) };
  }
  const { event } = first;
  const head = [event.type, subjectOf(event)].filter((word) => word !== '').join(' ');
  return {
    subject: subjectLine(director, `${head}: ${event.message}`),
    text: lines([...story(director, first), ...lost]),
  };
}

function story(director: string, { event, because }: Occurrence): string[] {
  const { seq, timeMs, type, service, server, message } = event;
  return [
    oneLine(message, LONGEST_MESSAGE),
    '',
    `event     ${type}`,
    ...(service === null ? [] : [`service   ${service}`]),
    ...(server === null ? [] : [`server    ${server}`]),
    `director  ${director}`,
    `time      ${timeOf(timeMs)}`,
    `number    ${seq}`,
    ...(because.length === 0 ? [] : ['', 'It came of:', ...because.map(eventLine)]),
  ];
}

function summary(events: readonly DirectorEvent[]): { subject: string; lines: string[] } {
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  const kinds = [...counts].sort(([, a], [, b]) => b - a);
  const named = kinds.slice(0, MOST_KINDS).map(([type, count]) => `${count} ${type}`);
  if (kinds.length > MOST_KINDS) named.push('others');
  const shown = events.slice(-MOST_LINES);
  const hidden = events.length - shown.length;
  return {
    subject: `${plural(events.length, 'event')}: ${named.join(', ')}`,
    lines: [
      `${plural(events.length, 'event')} left out so far, since mails are limited (max_per_hour):`,
      '',
      ...(hidden === 0 ? [] : [`  ${hidden} older ones are not listed`]),
      ...shown.map(eventLine),
    ],
  };
}

function eventLine(event: DirectorEvent): string {
  const words = [timeOf(event.timeMs), event.type, subjectOf(event)].filter((word) => word !== '');
  return `  ${words.join('  ')}  ${oneLine(event.message, LONGEST_MESSAGE)}`;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** A line end in a subject would begin a header of its own. */
function subjectLine(director: string, text: string): string {
  return oneLine(`[lvsd ${director}] ${text}`, LONGEST_SUBJECT);
}

function lines(parts: readonly string[]): string {
  return `${parts.join('\n')}\n`;
}
