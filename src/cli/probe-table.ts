/** The services of probes as `lvsd status --all` shows them. */
import type { Snapshot } from '../model/snapshot.js';
import { colors } from './colors.js';
import { formatCount } from './format.js';
import { formatTable } from './table.js';

/** Lines with a title; none where there are no such services. */
export function probeTable({ probes = [] }: Pick<Snapshot, 'probes'>, color: boolean): string[] {
  if (probes.length === 0) return [];
  const paint = colors(color);
  const rows = probes.map(({ service, server, mark, inTable, connections }) => [
    service,
    server,
    `0x${mark.toString(16)}`,
    inTable ? 'yes' : 'in turn',
    formatCount(connections),
  ]);
  const columns = [
    { title: 'SERVICE' },
    { title: 'SERVER' },
    { title: 'MARK' },
    { title: 'IN TABLE' },
    { title: 'PROBES', align: 'right' as const },
  ];
  return [
    paint.bold('probes by way of services'),
    ...formatTable(columns, rows, { indent: 2, paintTitle: paint.dim }),
  ];
}
