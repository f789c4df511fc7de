/** /proc/net/ip_vs as the kernel prints a table: written by its format, to hold the reader against. Shares no code with it. */
import type { IpvsDestination, IpvsService } from '../../native/ipvs/types.js';
import type { FakeService } from './fake-ipvs-table.js';

const head = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
`;

const protocols: Readonly<Record<number, string>> = { 6: 'TCP', 17: 'UDP', 132: 'SCTP' };
const methods = { masq: 'Masq', local: 'Local', tunnel: 'Tunnel', droute: 'Route', bypass: 'Masq' } as const;

export function printedTableText(services: readonly FakeService[]): string {
  return (
    head +
    services.map((one) => serviceText(one.service) + one.destinations.map(serverText).join('')).join('')
  );
}

function serviceText(service: IpvsService): string {
  const flags = `${service.scheduler} ${(service.flags & 4) !== 0 && service.family === 'ipv4' ? 'ops ' : ''}`;
  const mask = service.netmask.toString(16).toUpperCase().padStart(8, '0');
  const persistence = (service.flags & 1) !== 0 ? `persistent ${service.timeoutSec * 100} ${mask}` : '';
  const name =
    'fwmark' in service
      ? `FWM  ${hex(service.fwmark, 8)}`
      : `${protocols[service.protocol] ?? `IP_${service.protocol}`}  ${endpoint(service.address, service.port)}`;
  return `${name} ${flags}${persistence}\n`;
}

function serverText(server: IpvsDestination): string {
  const { address, port, forwarding, weight, activeConnections, inactiveConnections } = server;
  const column = (value: number, width: number): string => String(value | 0).padEnd(width);
  const numbers = `${column(weight, 6)} ${column(activeConnections, 10)} ${column(inactiveConnections, 10)}`;
  return `  -> ${endpoint(address, port)}      ${methods[forwarding].padEnd(7)} ${numbers}\n`;
}

function endpoint(address: string, port: number): string {
  return `${address.includes(':') ? `[${groupsOf(address)}]` : quadOf(address)}:${hex(port, 4)}`;
}

function quadOf(address: string): string {
  return address
    .split('.')
    .map((part) => hex(Number(part), 2))
    .join('');
}

/** Hexadecimal groups only, `::` at most once. */
function groupsOf(address: string): string {
  const [left = '', right] = address.split('::');
  const before = left === '' ? [] : left.split(':');
  const after = right === undefined || right === '' ? [] : right.split(':');
  const zeros = right === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...new Array<string>(zeros).fill('0'), ...after];
  return groups.map((group) => group.padStart(4, '0')).join(':');
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
