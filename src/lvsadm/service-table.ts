/** The tables of `-L`: title lines, a row a service, a row a server. Pure but for the names it asks. */
import type {
  IpvsDestination,
  IpvsDestinationEntry,
  IpvsInfo,
  IpvsService,
  IpvsServiceEntry,
  IpvsStats,
} from '../../native/ipvs/types.js';
import type { ListFormat } from './command.js';
import { exactCounter, shortCounter } from './counter-text.js';
import { endpointWidth, formatServerColumn, formatServiceColumn } from './endpoint-text.js';
import type { Names } from './names.js';
import { formatSchedulerFlags, hasSchedulerFlags } from './scheduler-flags.js';
import { forwardingName, formatNetmask, isOnePacket, isPersistent, tunnelInfo } from './service-text.js';

/** A service and its servers, in the order of listing. */
export interface ListedEntry {
  readonly service: IpvsServiceEntry;
  readonly destinations: readonly IpvsDestinationEntry[];
}

/** As `ListedEntry`, with counters. */
export interface ListedService {
  readonly service: IpvsService;
  readonly destinations: readonly IpvsDestination[];
}

export interface TableStyle {
  readonly exact: boolean;
  /** Null for numbers only. */
  readonly names: Names | null;
}

/** Formats that show counters: the rest need not read them. */
export type CountedFormat = 'stats' | 'rate';
export type EntryFormat = Exclude<ListFormat, CountedFormat>;

/** Never throws. */
export function isCounted(format: ListFormat): format is CountedFormat {
  return format === 'stats' || format === 'rate';
}

/** The first line of a full listing, with its end. Never throws. */
export function versionLine(info: IpvsInfo): string {
  return `IP Virtual Server version ${info.version} (size=${info.connectionTableSize})\n`;
}

/** The two lines above the rows, with their ends. Never throws. */
export function titleLines(format: ListFormat): string {
  const { service, server } = titles[format];
  return `Prot LocalAddress:Port${service}\n  -> RemoteAddress:Port${server}\n`;
}

/** The row of a service, with its end. Never throws. */
export function serviceRow(service: IpvsServiceEntry, style: TableStyle): string {
  return `${settingsRow(service, style)}\n`;
}

/** The rows of a service and its servers, with their ends. Never throws. */
export function entryRows(entry: ListedEntry, format: EntryFormat, style: TableStyle): string {
  const { service } = entry;
  let rows = serviceRow(service, style);
  for (const destination of entry.destinations) {
    rows += `  -> ${formatServerColumn(destination, service, style.names)} ${serverColumns(destination, format)}\n`;
  }
  return rows;
}

/** As `entryRows`, for counters. */
export function countedRows(listed: ListedService, format: CountedFormat, style: TableStyle): string {
  const { service } = listed;
  const width = 'TCP  '.length + endpointWidth;
  const { ofService, ofServer } = numbers[format];
  let rows = `${formatServiceColumn(service, style.names).padEnd(width)}${ofService(service.stats, style)}\n`;
  for (const destination of listed.destinations) {
    const column = formatServerColumn(destination, service, style.names);
    rows += `  -> ${column}${ofServer(destination.stats, style)}\n`;
  }
  return rows;
}

/** What follows `Prot LocalAddress:Port` and `  -> RemoteAddress:Port`. */
const titles: Readonly<Record<ListFormat, { readonly service: string; readonly server: string }>> = {
  plain: {
    service: ' Scheduler Flags',
    server: '           Forward Weight ActiveConn InActConn',
  },
  'tun-info': {
    service: ' Scheduler Flags',
    server: '           Forward TunnelInfo    Weight ActiveConn InActConn',
  },
  thresholds: { service: '            Uthreshold Lthreshold ActiveConn InActConn ', server: '' },
  'persistent-conn': { service: '            Weight    PersistConn ActiveConn InActConn ', server: '' },
  stats: { service: '               Conns   InPkts  OutPkts  InBytes OutBytes', server: '' },
  rate: { service: '                 CPS    InPPS   OutPPS    InBPS   OutBPS', server: '' },
};

function serverColumns(server: IpvsDestinationEntry, format: EntryFormat): string {
  const live = `${column(server.activeConnections, 10)} ${column(server.inactiveConnections, 10)}`;
  const forward = forwardingName(server.forwarding).padEnd(7);
  switch (format) {
    case 'plain':
      return `${forward} ${column(server.weight, 6)} ${live}`;
    case 'tun-info':
      return `${forward} ${tunnelInfo(server).padEnd(13)} ${column(server.weight, 6)} ${live}`;
    case 'thresholds':
      return `${column(server.upperThreshold, 10)} ${column(server.lowerThreshold, 10)} ${live}`;
    case 'persistent-conn':
      return `${column(server.weight, 9)} ${column(server.persistentConnections, 11)} ${live}`;
  }
}

type Numbers = (stats: IpvsStats, style: TableStyle) => string;

const numbers: Readonly<Record<CountedFormat, { readonly ofService: Numbers; readonly ofServer: Numbers }>> =
  {
    stats: { ofService: counters, ofServer: counters },
    rate: { ofService: serviceRates, ofServer: serverRates },
  };

function settingsRow(service: IpvsServiceEntry, { names }: TableStyle): string {
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

function column(value: number, width: number): string {
  return String(value).padEnd(width);
}
