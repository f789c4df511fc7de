/** The servers of one service in `lvsd status`, as wide as the terminal allows. Pure. */
import type { ServerStatus, ServiceStatus } from '../model/snapshot.js';
import { colors, visibleLength, type Colors } from './colors.js';
import { formatBytes, formatCount, formatDuration, formatRate } from './format.js';
import type { Rates, TrafficRates } from './status-rates.js';
import { formatTable, type Column } from './table.js';

export interface ServerTableOptions {
  readonly color: boolean;
  /** Ages are counted to it, ms since the epoch. */
  readonly nowMs: number;
  /** null leaves the columns of rates out. */
  readonly rates: Rates | null;
  /** null = as wide as it gets. */
  readonly width: number | null;
}

interface ServerColumn extends Column {
  readonly cell: (server: ServerStatus) => string;
}

const INDENT = 2;

/** Where there is no room, these columns go, one group after the other: totals before what is so now. */
const SPARE: readonly (readonly string[])[] = [
  ['IN', 'OUT'],
  ['CONNS'],
  ['INACT'],
  ['SINCE'],
  ['ADDRESS'],
  ['REFUSED'],
];

/**
 * Titles, then a line a server.
 *
 * What is wider than `width` first gets its reasons (WHY) on lines of their own, each below its server, then loses
 * columns. Reasons and what is left may still be wider: cut them.
 */
export function serverTable(service: ServiceStatus, options: ServerTableOptions): string[] {
  const { servers } = service;
  const paint = colors(options.color);
  if (servers.length === 0) return [paint.dim('  no servers')];
  const columns = [...serverColumns(options, paint), ...rateColumns(service, options.rates)];
  const draw = (shown: readonly ServerColumn[]): string[] =>
    formatTable(
      shown,
      servers.map((server) => shown.map(({ cell }) => cell(server))),
      { indent: INDENT, paintTitle: paint.dim },
    );
  const whole = draw([...columns, { title: 'WHY', cell: whyNot }]);
  if (options.width === null || fits(whole, options.width)) return whole;
  return withReasonsBelow(narrowed(columns, draw, options.width), servers);
}

function narrowed(
  columns: readonly ServerColumn[],
  draw: (shown: readonly ServerColumn[]) => string[],
  width: number,
): string[] {
  let shown = columns;
  let lines = draw(shown);
  for (const group of SPARE) {
    if (fits(lines, width)) break;
    shown = shown.filter(({ title }) => !group.includes(title));
    lines = draw(shown);
  }
  return lines;
}

function fits(lines: readonly string[], width: number): boolean {
  return lines.every((line) => visibleLength(line) <= width);
}

function withReasonsBelow(
  [titles = '', ...rows]: readonly string[],
  servers: readonly ServerStatus[],
): string[] {
  const blocks = servers.map((server, index) => {
    const why = whyNot(server);
    return [rows[index] ?? '', ...(why === '' ? [] : [' '.repeat(2 * INDENT) + why])];
  });
  return [titles, ...blocks.flat()];
}

function serverColumns({ nowMs }: ServerTableOptions, paint: Colors): readonly ServerColumn[] {
  return [
    { title: 'SERVER', cell: ({ name }) => name },
    { title: 'ADDRESS', cell: ({ name, key }) => (name === key ? '' : key) },
    { title: 'WEIGHT', align: 'right', cell: (server) => weightCell(server, paint) },
    { title: 'STATE', cell: (server) => stateCell(server, paint) },
    { title: 'SINCE', align: 'right', cell: (server) => sinceCell(server, nowMs) },
    { title: 'ACTIVE', align: 'right', cell: (server) => formatCount(server.activeConnections) },
    { title: 'INACT', align: 'right', cell: (server) => formatCount(server.inactiveConnections) },
    { title: 'STICKY', align: 'right', cell: stickyCell },
    { title: 'CONNS', align: 'right', cell: (server) => formatCount(server.connections) },
    { title: 'REFUSED', align: 'right', cell: ({ refused }) => (refused === 0 ? '' : formatCount(refused)) },
    { title: 'IN', align: 'right', cell: (server) => formatBytes(server.bytesIn) },
    { title: 'OUT', align: 'right', cell: (server) => formatBytes(server.bytesOut) },
  ];
}

function rateColumns(service: ServiceStatus, rates: Rates | null): readonly ServerColumn[] {
  const rateOf = ({ name }: ServerStatus): TrafficRates | undefined =>
    rates?.servers.get(`${service.name}/${name}`);
  if (service.servers.every((server) => rateOf(server) === undefined)) return [];
  const column = (title: string, format: (rates: TrafficRates) => string): ServerColumn => ({
    title,
    align: 'right',
    cell: (server) => {
      const found = rateOf(server);
      return found === undefined ? '' : format(found);
    },
  });
  return [
    column('CONN/S', ({ connections }) => formatRate(connections)),
    column('IN/S', ({ bytesIn }) => formatBytes(Math.round(bytesIn))),
    column('OUT/S', ({ bytesOut }) => formatBytes(Math.round(bytesOut))),
  ];
}

/** The weight in the table, and the file's where they differ: `3`, `0 (file: 3)`, `- (file: 3)` (not in the table). */
function weightCell(server: ServerStatus, paint: Colors): string {
  if (server.weight === server.configuredWeight) return String(server.weight);
  if (server.role !== 'server' && server.weight === null) return '-';
  return paint.yellow(`${server.weight ?? '-'} (file: ${server.configuredWeight})`);
}

function stateCell(server: ServerStatus, paint: Colors): string {
  const painters = { up: paint.green, down: paint.red, unknown: paint.yellow };
  const words = [
    ...(server.role === 'sorry' ? [] : [painters[server.verdict](server.verdict)]),
    ...(server.role === 'server' ? [] : [server.role]),
    ...roleWords(server),
    ...orderWords(server).map(paint.yellow),
    ...(server.panic ? [paint.yellow('panic')] : []),
    ...(server.overloaded === true ? [paint.yellow('overloaded')] : []),
  ];
  return words.join(' ');
}

/** One that did not say it again with its last answer is in doubt. */
function roleWords({ seenRole }: ServerStatus): readonly string[] {
  if (seenRole === undefined) return [];
  return [seenRole.confirmed ? seenRole.name : `${seenRole.name}?`];
}

function orderWords({ drain, maintenance }: ServerStatus): readonly string[] {
  if (drain?.end === null) return ['draining'];
  if (maintenance !== null) return ['maintenance'];
  return drain === null ? [] : ['drained'];
}

/** Clients that may come back: of interest where they keep a server from leaving. */
function stickyCell({ drain, stickyClients }: ServerStatus): string {
  return drain?.end === null && (stickyClients ?? 0) > 0 ? formatCount(stickyClients ?? 0) : '';
}

/** A server that was never checked has no verdict that could have an age. */
function sinceCell({ verdict, checkedAtMs, verdictSinceMs }: ServerStatus, nowMs: number): string {
  if (verdict === 'unknown' && checkedAtMs === null) return '-';
  return formatDuration(nowMs - verdictSinceMs);
}

/** Why a server is not as configured; for one that is, nothing: a reason to be well is noise. */
function whyNot(server: ServerStatus): string {
  if (server.reason !== '') return server.reason;
  return server.verdict === 'up' ? '' : server.verdictReason;
}
