/** What `lvsd agent --show` prints for people. Pure. */
import type { Figure } from '../agent/share.js';
import { colors } from './colors.js';
import { formatTable } from './table.js';

const COLUMNS = [
  { title: 'FIGURE' },
  { title: 'VALUE', align: 'right' },
  { title: 'LEFT', align: 'right' },
  { title: 'WEIGHTING', align: 'right' },
] as const;

/** Each figure with what is left of it, then what the agent would answer. */
export function figuresView(
  { percent, figures }: { readonly percent: number | null; readonly figures: readonly Figure[] },
  color: boolean,
): string {
  const rows = figures.map((figure) => [
    TITLES[figure.name],
    valueOf(figure),
    inPercent(figure.spare),
    String(figure.weighting),
  ]);
  const table = formatTable(COLUMNS, rows, { paintTitle: colors(color).dim });
  const answer = percent === null ? 'Nothing could be read: there is no answer.' : `Answer: ${percent}%`;
  return `${[...(rows.length === 0 ? [] : [...table, '']), answer].join('\n')}\n`;
}

const TITLES: Record<Figure['name'], string> = {
  load: 'load per CPU',
  memory: 'memory available',
  connections: 'connections',
};

function valueOf({ name, value }: Figure): string {
  switch (name) {
    case 'load':
      return value.toFixed(2);
    case 'memory':
      return inPercent(value);
    case 'connections':
      return String(value);
  }
}

function inPercent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
