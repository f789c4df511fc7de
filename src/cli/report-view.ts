/** The report for people: a table of services with their servers. Pure. */
import { plural } from '../base/plural.js';
import type { ReportRow } from '../report/report.js';
import { colors, type Colors } from './colors.js';
import { formatDuration } from './format.js';
import type { MadeReport } from './programs.js';
import { formatTable } from './table.js';

const COLUMNS = [
  { title: 'SERVICE' },
  { title: 'AVAILABILITY', align: 'right' },
  { title: 'CLASS' },
  { title: 'UP', align: 'right' },
  { title: 'DEGRADED', align: 'right' },
  { title: 'DOWN', align: 'right' },
  { title: 'UNKNOWN', align: 'right' },
  { title: 'NO DIRECTOR', align: 'right' },
  { title: 'FAILURES', align: 'right' },
  { title: 'MTTF', align: 'right' },
  { title: 'MTTR', align: 'right' },
] as const;

/** Two lines on what the report is about, the table, and what is missing from it. */
export function reportView(made: MadeReport, color: boolean): string {
  const paint = colors(color);
  const { report } = made;
  const rows = report.services.flatMap((service) => [
    rowOf(service, paint.bold(service.name), paint),
    ...service.servers.map((server) => rowOf(server, `  ${server.name}`, paint)),
  ]);
  const table = formatTable(COLUMNS, rows, { paintTitle: paint.dim });
  const lines = [
    periodOf(made),
    directorOf(made),
    '',
    ...(rows.length === 0 ? ['Nothing is recorded of that time.'] : table),
    ...(report.unreadable === 0
      ? []
      : [
          '',
          `${plural(report.unreadable, 'line')} of the record cannot be read; the time around counts as NO DIRECTOR.`,
        ]),
  ];
  return `${lines.join('\n')}\n`;
}

function periodOf({ report: { fromMs, toMs, recordedSinceMs } }: MadeReport): string {
  const period = `${formatMoment(fromMs)} to ${formatMoment(toMs)}`;
  const isShort = recordedSinceMs !== null && recordedSinceMs > fromMs;
  return isShort ? `${period}, recorded since ${formatMoment(recordedSinceMs)}` : period;
}

function directorOf({ stateDir, directorPid, report: { director } }: MadeReport): string {
  if (directorPid !== null) return `from ${stateDir}, whose director runs (pid ${directorPid})`;
  const seen =
    director.lastSeenMs === null ? '' : `; the last sign of one is of ${formatMoment(director.lastSeenMs)}`;
  return `from ${stateDir}, no director runs${seen}`;
}

function rowOf(row: ReportRow, name: string, paint: Colors): string[] {
  const { availability, upMs, degradedMs, downMs, unknownMs, unwatchedMs, failures, mttfMs, mttrMs } = row;
  return [
    row.isServed ? name : `${name} (removed)`,
    availability === null ? '-' : paintOf(row, paint)(formatPercent(availability)),
    availability === null ? '-' : (row.class ?? 'none'),
    ...[upMs, degradedMs, downMs, unknownMs, unwatchedMs].map(formatDuration),
    String(failures),
    mttfMs === null ? '-' : formatDuration(mttfMs),
    mttrMs === null ? '-' : formatDuration(mttrMs),
  ];
}

function paintOf({ class: name }: ReportRow, { red, yellow, green }: Colors): (text: string) => string {
  if (name === null) return red;
  return name === 'conventional' ? yellow : green;
}

/** Cut and not rounded: 99.99996 % is not 100 %. */
function formatPercent(share: number): string {
  if (share === 1) return '100%';
  return `${(Math.floor(share * 1e6 + 1e-6) / 1e4).toFixed(4)}%`;
}

/** Local time: `2026-11-21 14:03`. */
function formatMoment(wallMs: number): string {
  const time = new Date(wallMs);
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}
