/** The tables of `-L`: title lines, a row a service, a row a server. Pure but for the names it asks. */
import type { IpvsDestination, IpvsInfo, IpvsService, IpvsStats } from '../../native/ipvs/types.js';
import type { ListFormat } from './command.js';
import { exactCounter, shortCounter } from './counter-text.js';
import { endpointWidth, formatServerColumn, formatServiceColumn } from './endpoint-text.js';
import type { Names } from './names.js';
import { formatSchedulerFlags, hasSchedulerFlags } from './scheduler-flags.js';
import { forwardingName, formatNetmask, isOnePacket, isPersistent, tunnelInfo } from './service-text.js';

/** What is listed, in the order of listing. */
export interface ListedService {
  readonly service: IpvsService;
  readonly destinations: readonly IpvsDestination[];
}

export interface TableStyle {
  readonly format: ListFormat;
  readonly exact: boolean;
  /** Null for numbers only. */
  readonly names: Names | null;
}

/** The first line of a full listing, with its end. Never throws. */
export function versionLine(info: IpvsInfo): string {
  return `IP Virtual Server version ${info.version} (size=${info.connectionTableSize})\n`;
}

/** The two lines above the rows, with their ends. Never throws. */
export function titleLines(format: ListFormat): string {
  const { service, server } = tables[format];
  return `Prot LocalAddress:Port${service}\n  -> RemoteAddress:Port${server}\n`;
}

/** The rows of a service and its servers, with their ends. Never throws. */
export function serviceRows({ service, destinations }: ListedService, style: TableStyle): string {
  const table = tables[style.format];
  let rows = `${table.serviceRow(service, style)}\n`;
  for (const destination of destinations) {
    const column = formatServerColumn(destination, service, style.names);
    rows += `  -> ${column}${table.serverRow(destination, style)}\n`;
  }
  return rows;
}

interface Table {
  /** What follows `Prot LocalAddress:Port`. */
  readonly service: string;
  /** What follows `  -> RemoteAddress:Port`. */
  readonly server: string;
  serviceRow(service: IpvsService, style: TableStyle): string;
  /** All behind the first column. */
  serverRow(server: IpvsDestination, style: TableStyle): string;
}

const tables: Readonly<Record<ListFormat, Table>> = {
  plain: {
    service: ' Scheduler Flags',
    server: '           Forward Weight ActiveConn InActConn',
    serviceRow: settingsRow,
    serverRow: (server) => ` ${forwarding(server)} ${column(server.weight, 6)} ${liveColumns(server)}`,
  },
  'tun-info': {
    service: ' Scheduler Flags',
    server: '           Forward TunnelInfo    Weight ActiveConn InActConn',
    serviceRow: settingsRow,
    serverRow: (server) =>
      ` ${forwarding(server)} ${tunnelInfo(server).padEnd(13)} ${column(server.weight, 6)} ${liveColumns(server)}`,
  },
  thresholds: {
    service: '            Uthreshold Lthreshold ActiveConn InActConn ',
    server: '',
    serviceRow: settingsRow,
    serverRow: (server) =>
      ` ${column(server.upperThreshold, 10)} ${column(server.lowerThreshold, 10)} ${liveColumns(server)}`,
  },
  'persistent-conn': {
    service: '            Weight    PersistConn ActiveConn InActConn ',
    server: '',
    serviceRow: settingsRow,
    serverRow: (server) =>
      ` ${column(server.weight, 9)} ${column(server.persistentConnections, 11)} ${liveColumns(server)}`,
  },
  stats: {
    service: '               Conns   InPkts  OutPkts  InBytes OutBytes',
    server: '',
    serviceRow: (service, style) => countedRow(service, style, counters(service.stats, style)),
    serverRow: ({ stats }, style) => counters(stats, style),
  },
  rate: {
    service: '                 CPS    InPPS   OutPPS    InBPS   OutBPS',
    server: '',
    serviceRow: (service, style) => countedRow(service, style, serviceRates(service.stats, style)),
    serverRow: ({ stats }, style) => serverRates(stats, style),
  },
};

function settingsRow(service: IpvsService, { names }: TableStyle): string {
  const { scheduler, flags, persistenceEngine } = service;
  const netmask = formatNetmask(service);
  return [
    `${formatServiceColumn(service, names)} ${scheduler}`,
    hasSchedulerFlags(flags) ? ` (${formatSchedulerFlags(flags, scheduler)})` : '',
    isPersistent(service) ? ` persistent ${service.timeoutSec}` : '',
    isPersistent(service) && netmask !== null ? ` mask ${netmask}` : '',
    isPersistent(service) && persistenceEngine !== null ? ` pe ${persistenceEngine}` : '',
    isOnePacket(service) ? ' ops' : '',
  ].join('');
}

function countedRow(service: IpvsService, { names }: TableStyle, numbers: string): string {
  return formatServiceColumn(service, names).padEnd('TCP  '.length + endpointWidth) + numbers;
}

function counters(stats: IpvsStats, { exact }: TableStyle): string {
  const text = exact ? exactCounter : shortCounter;
  const { connections, inPackets, outPackets, inBytes, outBytes } = stats;
  return text(connections) + text(inPackets) + text(outPackets) + text(inBytes) + text(outBytes);
}

function serviceRates(stats: IpvsStats, { exact }: TableStyle): string {
  return packetRates(stats, exact ? exactCounter : shortCounter) + byteRates(stats, exact);
}

/** Connections and packets of a server are not shortened. */
function serverRates(stats: IpvsStats, { exact }: TableStyle): string {
  return packetRates(stats, exactCounter) + byteRates(stats, exact);
}

function packetRates(stats: IpvsStats, text: (value: bigint) => string): string {
  return text(stats.connectionsPerSec) + text(stats.inPacketsPerSec) + text(stats.outPacketsPerSec);
}

function byteRates(stats: IpvsStats, exact: boolean): string {
  const text = exact ? exactCounter : shortCounter;
  return text(stats.inBytesPerSec) + text(stats.outBytesPerSec);
}

function forwarding(server: IpvsDestination): string {
  return forwardingName(server.forwarding).padEnd(7);
}

function liveColumns(server: IpvsDestination): string {
  return `${column(server.activeConnections, 10)} ${column(server.inactiveConnections, 10)}`;
}

function column(value: number, width: number): string {
  return String(value).padEnd(width);
}
