/** `lvsd check` of a good file: what it says, on one screen. Pure. */
import { plural } from '../base/plural.js';
import { formatReport } from '../config/report.js';
import type { LoadedConfig } from '../config/load.js';
import { formatServiceAddress } from '../model/format-address.js';
import type { VirtualService } from '../model/virtual-service.js';
import { colors } from './colors.js';
import { formatTable } from './table.js';

/** Longer tables are cut and counted: a summary is for reading. */
const MOST_SERVICES = 40;

/** Warnings first, then a line a service, then one of sums. */
export function checkView(file: string, { model, warnings, digest }: LoadedConfig, color: boolean): string {
  const paint = colors(color);
  const shown = model.services.slice(0, MOST_SERVICES);
  const left = model.services.length - shown.length;
  const servers = model.services.reduce((sum, service) => sum + service.servers.length, 0);
  const sums = `${plural(model.services.length, 'service')}, ${plural(servers, 'server')}, ${plural(warnings.length, 'warning')}`;
  const lines = [
    ...formatTable(columns, shown.map(row), { paintTitle: paint.dim }),
    ...(left > 0 ? [`and ${plural(left, 'more service')}`] : []),
    `${paint.green('ok')}  ${file}: ${sums}; plane ${model.director.dataplane}, digest ${digest}`,
  ];
  return `${formatReport(warnings, { color, severity: 'warning' })}${lines.join('\n')}\n`;
}

const columns = [
  { title: 'SERVICE' },
  { title: 'PROTO' },
  { title: 'ADDRESS' },
  { title: 'SCHEDULER' },
  { title: 'FORWARDING' },
  { title: 'CHECK' },
  { title: 'SERVERS', align: 'right' },
] as const;

function row({ name, address, settings, forwarding, checks, servers }: VirtualService): string[] {
  return [
    name,
    address.protocol,
    formatServiceAddress(address),
    [settings.scheduler, ...settings.schedulerFlags].join(','),
    forwarding,
    checks.length === 0 ? 'none' : checks.map(({ type }) => type).join(','),
    String(servers.length),
  ];
}
