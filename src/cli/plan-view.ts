/** Steps of a plan for people, in the manner of `terraform plan`: what would happen, then one line of sums. */
import type { PlanStep, ReloadAnswer } from '../api/protocol.js';
import { plural } from '../base/plural.js';
import type { CliContext } from './context.js';
import { colors } from './colors.js';
import { formatTable } from './table.js';

type Change = 'create' | 'edit' | 'drain' | 'delete';

/** What a step does to the table, from the first word of its kind. */
function changeOf(step: PlanStep): Change {
  if (step.kind.startsWith('delete')) return 'delete';
  if (step.kind.startsWith('drain')) return 'drain';
  return step.kind.startsWith('edit') ? 'edit' : 'create';
}

const signs: Readonly<Record<Change, string>> = { create: '+', edit: '~', drain: '~', delete: '-' };

/** One line a step, in the order in which they run; empty for no steps. */
export function planView(steps: readonly PlanStep[], color: boolean): string[] {
  if (steps.length === 0) return [];
  const paint = colors(color);
  const painters = {
    create: paint.green,
    edit: paint.yellow,
    drain: paint.yellow,
    delete: paint.red,
  };
  const rows = steps.map((step) => {
    const change = changeOf(step);
    return [
      painters[change](signs[change]),
      step.kind.replace('-', ' '),
      step.service,
      step.server ?? '',
      step.liveConnections === 0 ? '' : String(step.liveConnections),
      step.detail,
    ];
  });
  return formatTable(
    [
      { title: '' },
      { title: 'STEP' },
      { title: 'SERVICE' },
      { title: 'SERVER' },
      { title: 'CONNS', align: 'right' },
      { title: 'DETAIL' },
    ],
    rows,
    { paintTitle: paint.dim },
  );
}

/** `2 to create, 1 to edit, 0 to delete` (`created`, ... when done), with the connections on what is deleted. */
export function planSummary(steps: readonly PlanStep[], tense: 'future' | 'past'): string {
  if (steps.length === 0)
    return tense === 'future' ? 'No changes: the table is as the file says.' : 'No changes.';
  const count = (change: Change): number => steps.filter((step) => changeOf(step) === change).length;
  const drains = count('drain');
  const draining = drains === 0 ? '' : tense === 'future' ? `, ${drains} to drain` : `, ${drains} draining`;
  const sums =
    tense === 'future'
      ? `Plan: ${count('create')} to create, ${count('edit')} to edit${draining}, ${count('delete')} to delete.`
      : `Applied: ${count('create')} created, ${count('edit')} edited${draining}, ${count('delete')} deleted.`;
  const touched = steps
    .filter((step) => changeOf(step) === 'delete' && step.server !== null)
    .reduce((sum, step) => sum + step.liveConnections, 0);
  return touched === 0
    ? sums
    : `${sums} ${plural(touched, 'connection')} (open or remembered) on deleted servers.`;
}

/** Warnings and failures on the error stream, steps and sums on the other. */
export function printReload(
  { out, err, color }: Pick<CliContext, 'out' | 'err' | 'color'>,
  answer: ReloadAnswer,
): void {
  for (const warning of answer.warnings) err(`${warning.trimEnd()}\n`);
  for (const line of planView(answer.steps, color)) out(`${line}\n`);
  out(`${reloadSummary(answer)}\n`);
  for (const failure of answer.failures) err(`failed: ${failure}\n`);
}

/** What a reload did, what of it failed, and the revision that runs now. */
export function reloadSummary({ steps, changes, failures, revision }: ReloadAnswer): string {
  const sentences = [
    steps.length === 0 && changes.length > 0 ? 'No changes of the table.' : planSummary(steps, 'past'),
    ...(changes.length === 0 ? [] : [`Beside it: ${changes.join(', ')}.`]),
    ...failureSentence(steps.length, failures.length),
  ];
  return [...sentences, `Configuration revision ${revision}.`].join(' ');
}

/** What fails need not be a step: the copy that could not be stored, a table that could not be read. */
function failureSentence(steps: number, failures: number): readonly string[] {
  if (failures === 0) return [];
  const named = `${plural(failures, 'failure')}, named below`;
  return [steps === 0 ? `${named}.` : `${named}; failed steps are tried again.`];
}
