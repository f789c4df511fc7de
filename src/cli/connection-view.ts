/** Live connections as a table. Pure. */
import type { ConnectionLine } from '../api/protocol.js';
import { colors } from './colors.js';
import { formatBytes, formatDuration } from './format.js';
import { formatTable, type Column } from './table.js';

const columns: readonly Column[] = [
  { title: 'PROTO' },
  { title: 'STATE' },
  { title: 'CLIENT' },
  { title: 'VIRTUAL' },
  { title: 'SERVICE' },
  { title: 'SERVER' },
  { title: 'AGE', align: 'right' },
  { title: 'IN', align: 'right' },
  { title: 'OUT', align: 'right' },
];

/** Lines of a table, titles first. */
export function connectionView(connections: readonly ConnectionLine[], color: boolean): string[] {
  const rows = connections.map((connection) => [
    connection.protocol,
    connection.state,
    connection.client,
    connection.virtual,
    connection.service,
    connection.server,
    known(connection.ageMs, formatDuration),
    known(connection.bytesIn, formatBytes),
    known(connection.bytesOut, formatBytes),
  ]);
  return formatTable(columns, rows, { paintTitle: colors(color).dim });
}

/** The kernel tells neither age nor bytes of a connection. */
function known(value: number | null, format: (value: number) => string): string {
  return value === null ? '-' : format(value);
}
