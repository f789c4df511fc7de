/** How a simulated balance reads on a terminal. */
import { plural } from '../base/plural.js';
import type { Balance, BalanceOptions, RemovalEffect, UnequalMoment } from '../simulate/balance.js';
import { colors } from './colors.js';
import { formatTable, type Column } from './table.js';

const columns: readonly Column[] = [
  { title: 'SERVER' },
  { title: 'WEIGHT', align: 'right' },
  { title: 'CONNECTIONS', align: 'right' },
  { title: 'SHARE', align: 'right' },
  { title: 'EXPECTED', align: 'right' },
];

/** Lines without line ends. @param generation the line that says by which rules */
export function balanceView(
  options: BalanceOptions,
  generation: string,
  balance: Balance,
  color: boolean,
): string[] {
  const rows = balance.servers.map((server) => [
    server.name,
    String(server.weight),
    String(server.connections),
    percent(server.share),
    percent(server.expectedShare),
  ]);
  return [
    `${options.scheduler}: ${plural(options.connections, 'connection')} from ${plural(options.clients, 'client')}, ` +
      `${options.hold} open at a time`,
    generation,
    '',
    ...formatTable(columns, rows, { paintTitle: colors(color).dim }),
    '',
    momentLine(balance.mostUnequal),
    ...balance.removals.map(removalLine),
    ...(balance.refused === 0 ? [] : [`Refused: ${plural(balance.refused, 'connection')} found no server.`]),
  ];
}

/** Of shares; below it is the rounding of a sum. */
const SMALLEST_DIFFERENCE = 1e-9;

function momentLine(moment: UnequalMoment | null): string {
  if (moment === null) return 'Most unequal moment: none, there never were that many connections open.';
  const { connection, server, open, openInAll, share, expectedShare } = moment;
  if (Math.abs(share - expectedShare) < SMALLEST_DIFFERENCE) {
    return 'Most unequal moment: none, the open connections always lay as expected.';
  }
  return (
    `Most unequal moment: after connection ${connection}, ${server} had ${open} of ${openInAll} open connections ` +
    `(${percent(share)}, expected ${percent(expectedShare)}).`
  );
}

function removalLine({ server, at, displaced, others, moved }: RemovalEffect): string {
  return (
    `${server} left before connection ${at}: ${plural(displaced, 'client')} of its own had to move; ` +
    `of ${others} on other servers ${moved} moved.`
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
