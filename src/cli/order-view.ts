/** Servers that drain or are in maintenance, for people. Pure. */
import type { OrderLine, OrderedLine } from '../api/protocol.js';
import { plural } from '../base/plural.js';
import type { DrainStatus, MaintenanceOrder } from '../model/drain.js';
import { colors, type Colors } from './colors.js';
import { formatDuration } from './format.js';
import { formatTable } from './table.js';

export interface OrderViewOptions {
  readonly color: boolean;
  /** Wall clock of the reader, ms since the epoch; what is left of a deadline is counted from it. */
  readonly nowMs: number;
}

/** Titles, then a line a server: its state, what is left on it, and for how long. */
export function orderTable(lines: readonly OrderLine[], { color, nowMs }: OrderViewOptions): string[] {
  const paint = colors(color);
  return formatTable(
    [
      { title: 'SERVER' },
      { title: 'STATE' },
      { title: 'ACTIVE', align: 'right' },
      { title: 'INACT', align: 'right' },
      { title: 'STICKY', align: 'right' },
      { title: 'TIME LEFT', align: 'right' },
      { title: 'NOTE' },
    ],
    lines.map((line) => [
      orderName(line),
      stateWord(line, paint),
      ...counts(line),
      timeLeft(line.drain, nowMs),
      note(line, nowMs),
    ]),
    { paintTitle: paint.dim },
  );
}

/** `shop/web-1`, as events and other commands name it. */
export function orderName({ service, server }: OrderLine): string {
  return `${service}/${server}`;
}

/** One line a server: what an order did to it. */
export function orderedView(
  lines: readonly OrderedLine[],
  words: { readonly done: string; readonly unchanged: string },
): string {
  if (lines.length === 0) return 'No changes.\n';
  const rows = lines.map((line) => [
    line.changed ? words.done : 'unchanged',
    orderName(line),
    line.changed ? '' : words.unchanged,
  ]);
  return `${formatTable([{ title: '' }, { title: '' }, { title: '' }], rows)
    .slice(1)
    .join('\n')}\n`;
}

/** `shop/web-1: draining, 12 active, 3 inactive, 2 sticky, 4m10s left`, for who reads lines. */
export function progressLine(line: OrderLine, nowMs: number): string {
  const { drain, left } = line;
  if (drain === null) return `${orderName(line)}: does not drain (any more)`;
  if (drain.end !== null) return `${orderName(line)}: out, ${endWords(drain)}`;
  const what =
    left === null
      ? []
      : [
          `${left.active} active`,
          `${left.inactive} inactive`,
          ...(left.sticky === 0 ? [] : [`${left.sticky} sticky`]),
        ];
  const time = timeLeft(drain, nowMs);
  return `${orderName(line)}: ${['draining', ...what, time === '' ? 'no deadline' : `${time} left`].join(', ')}`;
}

function stateWord({ drain, maintenance, configured, idle }: OrderLine, paint: Colors): string {
  if (drain?.end === null) return paint.yellow('draining');
  if (!configured) return paint.dim('not in the file');
  if (maintenance !== null) return paint.yellow('maintenance');
  if (drain !== null) return 'drained';
  return idle === undefined ? 'serving' : paint.yellow('not serving');
}

function counts({ left, drain }: OrderLine): readonly string[] {
  if (left === null || drain?.end !== null) return ['', '', ''];
  return [String(left.active), String(left.inactive), left.sticky === 0 ? '' : String(left.sticky)];
}

function timeLeft(drain: DrainStatus | null, nowMs: number): string {
  if (drain?.end !== null || drain.deadlineMs === null) return '';
  return formatDuration(drain.deadlineMs - nowMs);
}

function note({ drain, maintenance, configured, idle = '' }: OrderLine, nowMs: number): string {
  const ended = drain === null ? '' : endWords(drain);
  const order = maintenance ?? orderOf(drain);
  const who =
    order === null
      ? ''
      : `by ${order.by} ${formatDuration(nowMs - order.sinceMs)} ago${order.reason === '' ? '' : `: ${order.reason}`}`;
  const left = !configured && drain !== null ? 'not in the file' : '';
  return [maintenance === null ? '' : 'maintenance', who, left, ended, idle]
    .filter((part) => part !== '')
    .join(', ');
}

function orderOf(drain: DrainStatus | null): MaintenanceOrder | null {
  if (drain?.by === undefined || drain.by === null) return null;
  return { by: drain.by, sinceMs: drain.sinceMs, reason: '' };
}

function endWords({ end }: DrainStatus): string {
  if (end === null) return '';
  if (end.connectionsCut > 0) return `${plural(end.connectionsCut, 'connection')} cut`;
  return end.cause === 'gone' ? 'it was not in the table' : 'no connection cut';
}
