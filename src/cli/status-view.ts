/** `lvsd status` for people: the director's header, then a block a service. Pure: a snapshot in, lines out. */
import { plural } from '../base/plural.js';
import type { ServiceHealth, ServiceStatus, Snapshot } from '../model/snapshot.js';
import { colors, type Colors } from './colors.js';
import { roleSummary } from './ha-view.js';
import { formatCount, formatDuration, formatRate } from './format.js';
import { probeTable } from './probe-table.js';
import { serverTable } from './server-table.js';
import type { Rates, TrafficRates } from './status-rates.js';

export interface StatusViewOptions {
  readonly color: boolean;
  /** Wall clock of the reader, ms since the epoch; ages are counted to it. */
  readonly nowMs: number;
  /** Rates to be shown; null shows totals only. */
  readonly rates: Rates | null;
  /** Columns that there are; the tables then give up what they can spare. null = as wide as it gets. */
  readonly width: number | null;
}

/** Lines without line ends. */
export function statusView(snapshot: Snapshot, options: StatusViewOptions): string[] {
  const paint = colors(options.color);
  return [
    ...header(snapshot, options.nowMs, paint),
    ...snapshot.services.flatMap((service) => ['', ...serviceBlock(service, options, paint)]),
    ...(snapshot.services.length === 0 ? ['', paint.dim('no services')] : []),
    ...(snapshot.probes === undefined ? [] : ['', ...probeTable(snapshot, options.color)]),
  ];
}

function header(snapshot: Snapshot, nowMs: number, paint: Colors): string[] {
  const { director, dataplane } = snapshot;
  const up = formatDuration(nowMs - director.startedAtMs);
  const plane = `${dataplane.kind} plane${dataplane.reason === '' ? '' : ` (${dataplane.reason})`}`;
  const clients = plural(dataplane.connections, 'live connection');
  const title = `${paint.bold(director.name)}  lvsd ${director.version}, pid ${director.pid}, up ${up}`;
  return [
    title,
    `${paint.dim('plane  ')} ${plane}, ${clients}`,
    configLine(snapshot, nowMs, paint),
    reloadLine(snapshot, nowMs, paint),
    stallLine(snapshot, nowMs, paint),
    readyLine(snapshot, paint),
    ...unwrittenLines(snapshot, nowMs, paint),
    ...failingNotices(snapshot, paint),
    ...roleLines(snapshot, paint),
    servicesLine(snapshot, paint),
  ].filter((line) => line !== null);
}

/** Something else than the file runs. */
const SOURCES: Readonly<Record<Snapshot['config']['source'], string>> = {
  file: '',
  'last-good': 'LAST GOOD COPY runs: the file is refused',
  history: 'AN EARLIER CONFIGURATION runs, by a rollback; the next reload or start takes the file',
};

function configLine({ config }: Snapshot, nowMs: number, paint: Colors): string {
  const loaded = `revision ${config.revision}, digest ${config.digest}, loaded ${formatDuration(nowMs - config.loadedAtMs)} ago`;
  const warning = SOURCES[config.source] === '' ? '' : paint.red(`  ${SOURCES[config.source]}`);
  return `${paint.dim('config ')} ${config.file}  ${loaded}${warning}`;
}

function reloadLine({ config }: Snapshot, nowMs: number, paint: Colors): string | null {
  const last = config.lastReload;
  if (last === null) return null;
  const verdict = last.ok ? paint.green('accepted') : paint.red('refused');
  return `${paint.dim('reload ')} ${verdict} ${formatDuration(nowMs - last.atMs)} ago: ${last.message}`;
}

/** For an hour: who looks because something is wrong ought to see it. */
const STALL_SHOWN_MS = 3_600_000;

function stallLine({ director: { lastStall } }: Snapshot, nowMs: number, paint: Colors): string | null {
  if (lastStall === undefined || nowMs - lastStall.atMs > STALL_SHOWN_MS) return null;
  const { atMs, durationMs } = lastStall;
  const told = `stood still for ${(durationMs / 1000).toFixed(1)}s, ${formatDuration(nowMs - atMs)} ago`;
  return `${paint.dim('stalled')} ${paint.red(told)}`;
}

function readyLine({ ready }: Snapshot, paint: Colors): string {
  const answer = ready.ok ? paint.green('yes') : `${paint.red('no')}: ${ready.reasons.join('; ')}`;
  return `${paint.dim('ready  ')} ${answer}`;
}

/** Nothing that is served suffers, so it is beside readiness. */
function unwrittenLines({ director }: Snapshot, nowMs: number, paint: Colors): string[] {
  return (director.unwritten ?? []).map(({ reason, sinceMs }) => {
    const age = formatDuration(nowMs - sinceMs);
    return `${paint.dim('state  ')} ${paint.red('NOT WRITTEN')} for ${age}: ${reason}`;
  });
}

/** Nobody hears by them that anything is wrong, so the status does. */
function failingNotices({ director }: Snapshot, paint: Colors): string[] {
  return (director.notices ?? []).flatMap(({ name, failing, queued }) =>
    failing === null
      ? []
      : [
          `${paint.dim('notice ')} ${name} ${paint.red('FAILS')}: ${failing}; ${plural(queued, 'event')} waiting`,
        ],
  );
}

function roleLines({ ha }: Snapshot, paint: Colors): string[] {
  if (ha === undefined) return [];
  const { running, reason } = ha.process;
  const fault = running ? '' : `  ${paint.red(`lvsd-vrrp does not run: ${reason}`)}`;
  return [`${paint.dim('roles  ')} ${roleSummary(ha, paint)}${fault}`];
}

/** How many services are how well, where there are too many to see at a glance. */
function servicesLine({ services }: Snapshot, paint: Colors): string | null {
  if (services.length < 2) return null;
  const counts = HEALTHS.map((health) => ({
    health,
    count: services.filter((service) => service.health === health).length,
  }));
  const parts = counts
    .filter(({ count }) => count > 0)
    .map(({ health, count }) => `${count} ${healthWord(health, paint)}`);
  return `${paint.dim('serves ')} ${plural(services.length, 'service')}: ${parts.join(', ')}`;
}

const HEALTHS: readonly ServiceHealth[] = ['ok', 'degraded', 'down', 'error'];

function serviceBlock(service: ServiceStatus, options: StatusViewOptions, paint: Colors): string[] {
  return [
    serviceLine(service, options.rates?.services.get(service.name), paint),
    ...troubles(service, paint),
    ...serverTable(service, options),
  ];
}

/** What is not as it should be, a line each. The reason names the first failed step itself. */
function troubles({ reason, errors, servedAsNat }: ServiceStatus, paint: Colors): string[] {
  const notes = [reason, servedAsNat ?? ''].filter((text) => text !== '');
  return [
    ...notes.map((text) => paint.yellow(`  ! ${text}`)),
    ...errors.slice(1).map((text) => paint.red(`  ! ${text}`)),
  ];
}

function serviceLine(service: ServiceStatus, rates: TrafficRates | undefined, paint: Colors): string {
  const scheduler = [service.scheduler, ...service.schedulerFlags].join(',');
  const persistence = service.persistenceSec === null ? [] : [`persistent ${service.persistenceSec}s`];
  const traffic =
    rates === undefined
      ? [plural(service.connections, 'connection')]
      : [`${formatRate(rates.connections)} conn/s`];
  const trouble = [
    ...(service.refused > 0 ? [`${formatCount(service.refused)} refused`] : []),
    ...(service.retries > 0 ? [`${formatCount(service.retries)} retried`] : []),
  ];
  const facts = [service.forwarding, ...persistence, ...traffic, ...trouble].join(', ');
  return `${paint.bold(service.name)}  ${service.protocol} ${service.address}  ${scheduler} (${facts})  ${healthWord(service.health, paint)}`;
}

function healthWord(health: ServiceHealth, paint: Colors): string {
  const painters = { ok: paint.green, degraded: paint.yellow, down: paint.red, error: paint.red };
  return painters[health](health);
}
