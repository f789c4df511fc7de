/** Rules as `-S` writes them and `-R` reads them. Pure but for the names it asks. */
import type {
  IpvsDaemon,
  IpvsDestinationEntry,
  IpvsForwarding,
  IpvsServiceEntry,
  IpvsServiceKey,
  IpvsTimeouts,
} from '../../native/ipvs/types.js';
import { schedulerFlagNames } from '../../native/ipvs/scheduler-flags.js';
import { formatEndpoint, protocolOf } from './endpoint-text.js';
import type { Names } from './names.js';
import { protocolByNumber } from './protocols.js';
import { formatSchedulerFlags, hasSchedulerFlags } from './scheduler-flags.js';
import { formatNetmask, isOnePacket, isPersistent } from './service-text.js';
import type { ListedEntry } from './service-table.js';

export interface SaveStyle {
  /** Null for numbers only. */
  readonly names: Names | null;
  /** Also what the stock tool leaves out or writes so that it cannot be read back. */
  readonly full: boolean;
}

/** The lines of a service and its servers, with their ends. Never throws. */
export function serviceRules({ service, destinations }: ListedEntry, style: SaveStyle): string {
  const name = serviceOption(service, style);
  let lines = `-A ${name}${serviceSettings(service, style.full)}\n`;
  for (const destination of destinations) {
    const server = formatEndpoint(destination, protocolOf(service), style.names);
    lines += `-a ${name} -r ${server}${serverSettings(destination, style.full)}\n`;
  }
  return lines;
}

/** The line that sets the timeouts, with its end. Never throws. */
export function timeoutsRule(timeouts: IpvsTimeouts): string {
  return `--set ${timeouts.tcpSec} ${timeouts.tcpFinSec} ${timeouts.udpSec}\n`;
}

/** The line that starts a daemon like this one, with its end. Never throws. */
export function daemonRule(daemon: IpvsDaemon): string {
  const options = [
    ['--mcast-interface', daemon.interface],
    ['--syncid', daemon.syncId],
    ['--sync-maxlen', daemon.maxLength],
    ['--mcast-group', daemon.group],
    ['--mcast-port', daemon.port],
    ['--mcast-ttl', daemon.ttl],
  ] as const;
  const known = options.filter(([, value]) => value !== undefined);
  return `--start-daemon ${daemon.role} ${known.map(([name, value]) => `${name} ${value}`).join(' ')}\n`;
}

/** The stock tool writes marks with a sign, and then does not read those of 2^31 and above. */
function serviceOption(key: IpvsServiceKey, { names, full }: SaveStyle): string {
  if ('fwmark' in key) return `-f ${full ? key.fwmark : key.fwmark | 0}${key.family === 'ipv6' ? ' -6' : ''}`;
  return `${protocolByNumber(key.protocol)?.savedOption ?? '-t'} ${formatEndpoint(key, key.protocol, names)}`;
}

function serviceSettings(service: IpvsServiceEntry, full: boolean): string {
  const { scheduler, flags, timeoutSec, persistenceEngine } = service;
  const netmask = formatNetmask(service);
  const flagNames = full
    ? schedulerFlagNames(flags, scheduler).join(',')
    : formatSchedulerFlags(flags, scheduler);
  return [
    ` -s ${scheduler}`,
    isPersistent(service) ? ` -p ${timeoutSec}` : '',
    isPersistent(service) && netmask !== null ? ` -M ${netmask}` : '',
    persistenceEngine === null ? '' : ` --pe ${persistenceEngine}`,
    isOnePacket(service) ? ' -o' : '',
    hasSchedulerFlags(flags) ? ` -b ${flagNames}` : '',
  ].join('');
}

/** A node of the cluster that is the director itself is told by the kernel, not by a rule. */
const forwardingOptions: Readonly<Record<IpvsForwarding, string>> = {
  masq: '-m',
  tunnel: '-i',
  droute: '-g',
  local: '-g',
  bypass: '-g',
};

function serverSettings(server: IpvsDestinationEntry, full: boolean): string {
  const { forwarding, weight, upperThreshold, lowerThreshold } = server;
  return [
    ` ${forwardingOptions[forwarding]} -w ${weight}`,
    forwarding === 'tunnel' ? tunnelSettings(server.tunnel) : '',
    full && upperThreshold > 0 ? ` -x ${upperThreshold}` : '',
    full && lowerThreshold > 0 ? ` -y ${lowerThreshold}` : '',
  ].join('');
}

const checksumOptions = { none: '--tun-nocsum', on: '--tun-csum', remote: '--tun-remcsum' } as const;

function tunnelSettings(tunnel: IpvsDestinationEntry['tunnel']): string {
  if (tunnel === null || tunnel.type === 'ipip') return ' --tun-type ipip';
  const port = tunnel.type === 'gue' ? ` --tun-port ${tunnel.port}` : '';
  return ` --tun-type ${tunnel.type}${port} ${checksumOptions[tunnel.checksum]}`;
}
