/** The families that are drawn from the snapshot: names, help, and where each value is read. No logic but that. */
import type { PlaneRates } from '../model/rates.js';
import type { ServerStatus, ServiceStatus, Snapshot } from '../model/snapshot.js';
import { SERVING_TIERS } from '../model/serving.js';
import type { Family } from './text-format.js';

/** A family with one sample for each `Subject`. */
export interface SubjectFamily<Subject> extends Family {
  readonly type: 'counter' | 'gauge';
  /** null where the data plane does not tell: there is no sample then. */
  readonly read: (subject: Subject) => number | null;
}

/** A family about the director; the few samples carry labels of their own. */
export interface DirectorFamily extends Family {
  readonly read: (snapshot: Snapshot) => readonly DirectorSample[];
}

export interface DirectorSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function counter<Subject>(
  name: string,
  help: string,
  read: (subject: Subject) => number | null,
): SubjectFamily<Subject> {
  return { name, help, type: 'counter', read };
}

function gauge<Subject>(
  name: string,
  help: string,
  read: (subject: Subject) => number | null,
): SubjectFamily<Subject> {
  return { name, help, type: 'gauge', read };
}

function directorGauge(name: string, help: string, read: (snapshot: Snapshot) => number): DirectorFamily {
  return { name, help, type: 'gauge', read: (snapshot) => [{ labels: {}, value: read(snapshot) }] };
}

/** Always 1; the labels are the message. */
function info(
  name: string,
  help: string,
  labels: (snapshot: Snapshot) => Readonly<Record<string, string>>,
): DirectorFamily {
  return { name, help, type: 'gauge', read: (snapshot) => [{ labels: labels(snapshot), value: 1 }] };
}

export const DIRECTOR_FAMILIES: readonly DirectorFamily[] = [
  info('lvsd_build_info', 'Release of lvsd and of the Node.js that runs it; always 1.', ({ director }) => ({
    version: director.version,
    node_version: process.version,
  })),
  info('lvsd_dataplane_info', 'Data plane in use; always 1.', ({ dataplane }) => ({ kind: dataplane.kind })),
  directorGauge(
    'lvsd_dataplane_connections',
    'Live client connections on the data plane, UDP sessions included.',
    ({ dataplane }) => dataplane.connections,
  ),
  directorGauge(
    'lvsd_ready',
    '1 when the own table is programmed and no step fails, as /readyz answers; else 0.',
    ({ ready }) => Number(ready.ok),
  ),
  directorGauge(
    'lvsd_state_files_unwritten',
    'Files of state_dir that cannot be written, so that a restart would know less.',
    ({ director }) => director.unwritten?.length ?? 0,
  ),
  directorGauge(
    'lvsd_snapshot_revision',
    'Rises with every planned change of configuration, verdict or override.',
    ({ revision }) => revision,
  ),
  directorGauge(
    'lvsd_config_revision',
    'Number of accepted configurations since the start.',
    ({ config }) => config.revision,
  ),
  directorGauge(
    'lvsd_config_loaded_timestamp_seconds',
    'When the running configuration was loaded, seconds since the epoch.',
    ({ config }) => config.loadedAtMs / 1000,
  ),
  directorGauge(
    'lvsd_config_last_good',
    '1 when the file was bad at start and the stored copy of the last accepted one runs; else 0.',
    ({ config }) => Number(config.source === 'last-good'),
  ),
  directorGauge(
    'lvsd_config_last_reload_successful',
    '0 when the last reload was refused; 1 when it was accepted or none was asked for.',
    ({ config }) => Number(config.lastReload?.ok ?? true),
  ),
  {
    name: 'lvsd_config_last_reload_timestamp_seconds',
    help: 'When the last reload was asked for, seconds since the epoch; absent before the first.',
    type: 'gauge',
    read: ({ config: { lastReload } }) =>
      lastReload === null ? [] : [{ labels: {}, value: lastReload.atMs / 1000 }],
  },
  {
    name: 'lvsd_config_reloads_total',
    help: 'Reloads by result.',
    type: 'counter',
    read: ({ config: { reloads } }) => [
      { labels: { result: 'accepted' }, value: reloads.accepted },
      { labels: { result: 'refused' }, value: reloads.refused },
    ],
  },
];

/** Labelled with the service's name. */
export const SERVICE_FAMILIES: readonly SubjectFamily<ServiceStatus>[] = [
  gauge('lvsd_service_up', '1 when at least one server may get new connections; else 0.', ({ servers }) =>
    Number(servers.some(serves)),
  ),
  gauge(
    'lvsd_service_servers',
    'Servers of the service, without backup pool and sorry server.',
    ({ servers }) => servers.filter(isOwn).length,
  ),
  gauge(
    'lvsd_service_servers_up',
    'Servers whose check says up, without the backup pool.',
    ({ servers }) => servers.filter((server) => isOwn(server) && server.verdict === 'up').length,
  ),
  gauge(
    'lvsd_service_servers_serving',
    'Servers that are in the table with a weight above 0.',
    ({ servers }) => servers.filter(serves).length,
  ),
  gauge(
    'lvsd_service_serving_tier',
    'Who serves: 1 healthy servers, 2 also failed ones (panic), 3 backup pool, 4 sorry server, 5 too few healthy servers, 6 nobody; absent before the first plan.',
    ({ serving }) => (serving === null ? null : SERVING_TIERS.indexOf(serving.tier) + 1),
  ),
  gauge(
    'lvsd_service_healthy_weight',
    'Weights of the healthy servers together, without the backup pool; absent before the first plan.',
    ({ serving }) => serving?.healthyWeight ?? null,
  ),
  gauge(
    'lvsd_service_quorum_weight',
    'What the healthy weight has to be at the moment; absent before the first plan.',
    ({ serving }) => serving?.quorum ?? null,
  ),
  gauge(
    'lvsd_service_quorum_reached',
    '1 when the healthy weight makes the quorum, else 0; absent before the first plan.',
    ({ serving }) => (serving === null ? null : Number(serving.quorate)),
  ),
  gauge(
    'lvsd_service_servers_in_panic',
    'Failed servers that the panic threshold keeps in.',
    ({ servers }) => servers.filter(({ panic }) => panic).length,
  ),
  gauge(
    'lvsd_service_servers_draining',
    'Servers that drain and are still in the table.',
    ({ servers }) => servers.filter(drains).length,
  ),
  gauge(
    'lvsd_service_servers_in_maintenance',
    'Servers that an operator keeps out until further notice.',
    ({ servers }) => servers.filter(({ maintenance }) => maintenance !== null).length,
  ),
  gauge(
    'lvsd_service_active_connections',
    'Active connections of all servers, as the kernel counts them.',
    ({ servers }) => sum(servers, ({ activeConnections }) => activeConnections),
  ),
  gauge(
    'lvsd_service_inactive_connections',
    'Inactive connections of all servers, as the kernel counts them.',
    ({ servers }) => sum(servers, ({ inactiveConnections }) => inactiveConnections),
  ),
  counter(
    'lvsd_service_connections_total',
    'Connections and UDP sessions scheduled.',
    ({ connections }) => connections,
  ),
  counter('lvsd_service_in_bytes_total', 'Bytes from clients.', ({ bytesIn }) => bytesIn),
  counter('lvsd_service_out_bytes_total', 'Bytes to clients.', ({ bytesOut }) => bytesOut),
  counter(
    'lvsd_service_in_packets_total',
    'Packets from clients; absent where the data plane counts none.',
    ({ packetsIn }) => packetsIn,
  ),
  counter(
    'lvsd_service_out_packets_total',
    'Packets to clients; absent where the data plane counts none.',
    ({ packetsOut }) => packetsOut,
  ),
  counter(
    'lvsd_service_refused_total',
    'Clients turned away because no server could take them.',
    ({ refused }) => refused,
  ),
  counter('lvsd_service_retries_total', 'Connects repeated on another server.', ({ retries }) => retries),
  ...rateFamilies<ServiceStatus>('lvsd_service'),
];

/** Labelled with the names of service and server. */
export const SERVER_FAMILIES: readonly SubjectFamily<ServerStatus>[] = [
  gauge('lvsd_server_up', '1 when the check says up; 0 when it says down or has not spoken.', ({ verdict }) =>
    Number(verdict === 'up'),
  ),
  gauge(
    'lvsd_server_primary',
    '1 while the server says that it is the primary, 0 for a replica and for one that is down or did not answer; absent where nothing was said.',
    ({ seenRole, verdict }) =>
      seenRole === undefined
        ? null
        : Number(seenRole.name === 'primary' && seenRole.confirmed && verdict !== 'down'),
  ),
  gauge(
    'lvsd_server_weight',
    'Weight in the table; 0 when quiesced or not in the table.',
    ({ weight }) => weight ?? 0,
  ),
  gauge(
    'lvsd_server_draining_connections',
    'Connections and sticky clients left on a server that drains; absent where it does not.',
    (server) =>
      drains(server)
        ? server.activeConnections + server.inactiveConnections + (server.stickyClients ?? 0)
        : null,
  ),
  gauge(
    'lvsd_server_configured_weight',
    'Weight in the configuration file.',
    ({ configuredWeight }) => configuredWeight,
  ),
  gauge(
    'lvsd_server_effective_weight',
    'Weight that the server ought to have now, by load, agent and slow start; 0 when it is to be out.',
    ({ effectiveWeight }) => effectiveWeight ?? 0,
  ),
  gauge(
    'lvsd_server_load_ratio',
    'Share of the weight that the checks leave; absent where they say nothing of it.',
    ({ load }) => load?.share ?? null,
  ),
  gauge(
    'lvsd_server_agent_ratio',
    'Share of the weight that the agent leaves, bounded and smoothed; absent where none has spoken.',
    ({ agent }) => agent?.share ?? null,
  ),
  gauge(
    'lvsd_server_agent_answers',
    '1 while the agent answers, 0 while it is silent or talks nonsense; absent where none has spoken.',
    ({ agent }) => (agent === null ? null : Number(agent.state === 'answers')),
  ),
  gauge(
    'lvsd_server_slow_start_ratio',
    'Share of the weight that a server gets which came back; absent where it has all of it.',
    ({ slowStart }) => slowStart,
  ),
  gauge(
    'lvsd_server_active_connections',
    'Active connections, as the kernel counts them.',
    ({ activeConnections }) => activeConnections,
  ),
  gauge(
    'lvsd_server_inactive_connections',
    'Inactive connections, as the kernel counts them.',
    ({ inactiveConnections }) => inactiveConnections,
  ),
  counter(
    'lvsd_server_connections_total',
    'Connections and UDP sessions scheduled to the server.',
    ({ connections }) => connections,
  ),
  counter('lvsd_server_in_bytes_total', 'Bytes from clients to the server.', ({ bytesIn }) => bytesIn),
  counter('lvsd_server_out_bytes_total', 'Bytes from the server to clients.', ({ bytesOut }) => bytesOut),
  counter(
    'lvsd_server_in_packets_total',
    'Packets from clients to the server; absent where the data plane counts none.',
    ({ packetsIn }) => packetsIn,
  ),
  counter(
    'lvsd_server_out_packets_total',
    'Packets from the server to clients; absent where the data plane counts none.',
    ({ packetsOut }) => packetsOut,
  ),
  counter(
    'lvsd_server_refused_total',
    'Connects that the server refused or let time out; 0 where the data plane cannot see them.',
    ({ refused }) => refused,
  ),
  ...rateFamilies<ServerStatus>('lvsd_server'),
];

/** The data plane's own moving averages, beside which rate() of the counters needs two scrapes. */
function rateFamilies<Subject extends { readonly rates: PlaneRates | null }>(
  prefix: string,
): readonly SubjectFamily<Subject>[] {
  const family = (name: string, what: string, field: keyof PlaneRates): SubjectFamily<Subject> =>
    gauge(
      `${prefix}_${name}_per_second`,
      `${what} a second, as the data plane measures them; absent where it does not.`,
      ({ rates }) => rates?.[field] ?? null,
    );
  return [
    family('connections', 'Connections', 'connections'),
    family('in_packets', 'Packets from clients', 'packetsIn'),
    family('out_packets', 'Packets to clients', 'packetsOut'),
    family('in_bytes', 'Bytes from clients', 'bytesIn'),
    family('out_bytes', 'Bytes to clients', 'bytesOut'),
  ];
}

function isOwn({ role }: ServerStatus): boolean {
  return role === 'server';
}

function drains({ drain }: ServerStatus): boolean {
  return drain !== null && drain.end === null;
}

function serves({ weight }: ServerStatus): boolean {
  return weight !== null && weight > 0;
}

function sum<Item>(items: readonly Item[], read: (item: Item) => number): number {
  return items.reduce((total, item) => total + read(item), 0);
}
