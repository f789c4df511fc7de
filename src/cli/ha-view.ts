/** Instances of VRRP, what they hear and what they depend on, for people. Pure. */
import { plural } from '../base/plural.js';
import type { HaStatus, InstanceStatus, TrackStatus } from '../model/ha-status.js';
import type { LineState, VrrpLine, VrrpPeer, VrrpState } from '../model/vrrp-role.js';
import { colors, visibleLength, type Colors } from './colors.js';
import { formatDuration } from './format.js';
import { formatTable, type Column } from './table.js';

export interface HaViewOptions {
  readonly color: boolean;
  /** Wall clock of the reader, ms since the epoch; ages are counted to it. */
  readonly nowMs: number;
  /** Columns that there are; null = as wide as it gets. */
  readonly width: number | null;
}

interface InstanceColumn extends Column {
  readonly cell: (of: InstanceStatus) => string;
}

/** Where there is no room, these columns go, one after the other: what the file says before what is so now. */
const SPARE = ['VRID', 'INTERFACE', 'GROUP', 'ADDRESSES', 'FOR'];
const INDENT = '    ';

/** The instances, their lines and what they depend on, then what is wrong. Lines without line ends. */
export function haView(ha: HaStatus, options: HaViewOptions): string[] {
  const paint = colors(options.color);
  const parts = [
    instanceTable(ha.instances, options, paint),
    lineTable(ha.instances, options.nowMs, paint),
    trackTable(ha.tracks, options.nowMs, paint),
    syncLines(ha, paint),
    [...ha.instances.flatMap((each) => splitLines(each, options.nowMs, paint)), ...processLines(ha, paint)],
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

/** One line for the header of status: `vi_shop active, vi_blog backup`, and what is wrong beside roles. */
export function roleSummary({ instances, tracks, sync }: HaStatus, paint: Colors): string {
  const roles = instances.map(({ instance, state }) => `${instance} ${paintState(state, paint)}`);
  const split = instances.filter((each) => each.split !== null).length;
  const silent = linesOf(instances).filter(({ line }) => line.state === 'silent').length;
  const bad = tracks.filter(({ countsAs }) => countsAs === 'bad').length;
  const troubles = [
    ...(split === 0 ? [] : [paint.red(`SPLIT BRAIN in ${plural(split, 'instance')}`)]),
    ...(silent === 0 ? [] : [paint.yellow(`${plural(silent, 'line')} silent`)]),
    ...(bad === 0 ? [] : [paint.yellow(`${bad} of ${plural(tracks.length, 'track')} bad`)]),
    ...(sync === null || sync.problem === '' ? [] : [paint.yellow('connections are not synchronised')]),
  ];
  return [roles.join(', '), ...troubles].join('; ');
}

/** What is wider than there is room first gets its reasons on lines of their own, then loses columns. */
function instanceTable(
  instances: readonly InstanceStatus[],
  { nowMs, width }: HaViewOptions,
  paint: Colors,
): string[] {
  const draw = (shown: readonly InstanceColumn[]): string[] =>
    formatTable(
      shown,
      instances.map((of) => shown.map(({ cell }) => cell(of))),
      { paintTitle: paint.dim },
    );
  const columns = instanceColumns(nowMs, paint);
  const whole = draw([...columns, { title: 'REASON', cell: ({ reason }) => reason }]);
  if (width === null || fits(whole, width)) return whole;
  const shown = SPARE.reduce(
    (left, title) => (fits(draw(left), width) ? left : left.filter((column) => column.title !== title)),
    columns,
  );
  const [titles = '', ...rows] = draw(shown);
  return [titles, ...instances.flatMap(({ reason }, index) => [rows[index] ?? '', `${INDENT}${reason}`])];
}

function fits(lines: readonly string[], width: number): boolean {
  return lines.every((line) => visibleLength(line) <= width);
}

function instanceColumns(nowMs: number, paint: Colors): readonly InstanceColumn[] {
  return [
    { title: 'INSTANCE', cell: ({ instance }) => instance },
    { title: 'GROUP', cell: ({ group }) => group ?? '' },
    { title: 'ROLE', cell: (of) => roleCell(of, paint) },
    { title: 'FOR', cell: ({ sinceMs }) => ageOf(sinceMs, nowMs) },
    { title: 'PRIORITY', align: 'right', cell: (of) => priorityCell(of, paint) },
    { title: 'INTERFACE', cell: (of) => of.interface },
    { title: 'VRID', align: 'right', cell: ({ vrid }) => String(vrid) },
    {
      title: 'ACTIVE PEER',
      cell: ({ peer }) => (peer === null || hasLeft(peer) ? '' : `${peer.address} (${peer.priority})`),
    },
    { title: 'ADDRESSES', cell: (of) => addressCell(of, paint) },
  ];
}

/** What it said last was its goodbye. */
function hasLeft({ priority }: VrrpPeer): boolean {
  return priority === 0;
}

/** One that was released waits whatever its priority is. */
function roleCell({ state, released }: InstanceStatus, paint: Colors): string {
  return `${paintState(state, paint)}${released ? paint.yellow(' (released)') : ''}`;
}

/** The priority that counts, and the file's where they differ: `80 (file: 100)`. */
function priorityCell({ priority, configuredPriority }: InstanceStatus, paint: Colors): string {
  if (priority === configuredPriority) return String(priority);
  return paint.yellow(`${priority} (file: ${configuredPriority})`);
}

/** Those of the file; how many of them are here, where that is not what the role says. */
function addressCell({ addresses, held, state }: InstanceStatus, paint: Colors): string {
  const expected = state === 'active' ? addresses.length : 0;
  const here = held.length === expected ? '' : paint.red(` (${held.length} of ${addresses.length} here)`);
  return `${addresses.join(', ')}${here}`;
}

interface InstanceLine {
  readonly instance: string;
  readonly line: VrrpLine;
}

function linesOf(instances: readonly InstanceStatus[]): readonly InstanceLine[] {
  return instances.flatMap(({ instance, lines }) => lines.map((line) => ({ instance, line })));
}

function lineTable(instances: readonly InstanceStatus[], nowMs: number, paint: Colors): string[] {
  const lines = linesOf(instances);
  if (lines.length === 0) return [];
  return formatTable(
    [
      { title: 'INSTANCE' },
      { title: 'LINE' },
      { title: 'TO' },
      { title: 'STATE' },
      { title: 'FOR' },
      { title: 'WHY' },
    ],
    lines.map(({ instance, line }) => [
      instance,
      line.interface,
      line.peer,
      paintLine(line.state, paint),
      ageOf(line.sinceMs, nowMs),
      line.reason,
    ]),
    { paintTitle: paint.dim },
  );
}

function trackTable(tracks: readonly TrackStatus[], nowMs: number, paint: Colors): string[] {
  if (tracks.length === 0) return [];
  return formatTable(
    [
      { title: 'INSTANCE' },
      { title: 'DEPENDS ON' },
      { title: 'STATE' },
      { title: 'FOR' },
      { title: 'IF BAD', align: 'right' },
      { title: 'WHY' },
    ],
    tracks.map((track) => [
      track.instance,
      `${track.kind} ${track.name}`,
      paintTrack(track, paint),
      ageOf(track.sinceMs, nowMs),
      track.weight === null ? 'fault' : String(track.weight),
      track.reason,
    ]),
    { paintTitle: paint.dim },
  );
}

function splitLines({ instance, split }: InstanceStatus, nowMs: number, paint: Colors): string[] {
  if (split === null) return [];
  const { address, priority } = split.peer;
  const age = formatDuration(nowMs - split.sinceMs);
  return [paint.red(`${instance}: SPLIT BRAIN for ${age}: ${address} (${priority}) is active, too`)];
}

/** `sync daemons on eth1, id 51: master, follow vi_shop` */
function syncLines({ sync }: HaStatus, paint: Colors): string[] {
  if (sync === null) return [];
  const roles = sync.running.length === 0 ? paint.red('none runs') : sync.running.join(' and ');
  const why = sync.follow === null ? 'both roles' : `follow ${sync.follow}`;
  const line = `sync daemons on ${sync.interface}, id ${sync.syncId}: ${roles}, ${why}`;
  return sync.problem === '' ? [line] : [line, paint.red(`${INDENT}${sync.problem}`)];
}

function processLines({ process }: HaStatus, paint: Colors): string[] {
  if (!process.running) return [paint.red(`lvsd-vrrp does not run: ${process.reason}`)];
  return process.shortcomings.map((shortcoming) => paint.yellow(`lvsd-vrrp: ${shortcoming}`));
}

/** 0 = that is not known. */
function ageOf(sinceMs: number, nowMs: number): string {
  return sinceMs === 0 ? '' : formatDuration(nowMs - sinceMs);
}

function paintState(state: VrrpState, paint: Colors): string {
  switch (state) {
    case 'active':
      return paint.green(state);
    case 'fault':
      return paint.red(state);
    case 'initialize':
      return paint.yellow(state);
    case 'backup':
      return state;
  }
}

function paintLine(state: LineState, paint: Colors): string {
  return { heard: paint.green, silent: paint.red, unknown: paint.yellow }[state](state);
}

/** While it is unknown what was known before counts. */
function paintTrack({ state, countsAs }: TrackStatus, paint: Colors): string {
  const painted = { good: paint.green, bad: paint.red, unknown: paint.yellow }[state](state);
  return state === 'unknown' ? `${painted} (counts as ${countsAs})` : painted;
}
