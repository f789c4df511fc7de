/** What `lvsd realserver` prints for people. Pure. */
import { plural } from '../base/plural.js';
import { commandOf, describeStep } from '../host/realserver/describe.js';
import type { Change } from '../host/realserver/record.js';
import { formatOptions, type RealServerRequest } from '../host/realserver/request.js';
import { planOf, type Requirement } from '../host/realserver/requirements.js';
import type { Step } from '../host/realserver/types.js';
import type { UndoEntry } from '../host/realserver/undo.js';
import { colors } from './colors.js';
import { formatTable } from './table.js';

const CHANGE_COLUMNS = [{ title: 'CHANGE' }, { title: 'WAS' }, { title: 'IS' }, { title: 'WHY' }];

/** The changes of a setup, old value and new, each with its reason. */
export function setupView(changes: readonly Change[], recordPath: string, color: boolean): string {
  if (changes.length === 0) return 'Nothing to do: this host is set up already.\n';
  const end = `${plural(changes.length, 'change')}, recorded in ${recordPath}; lvsd realserver undo takes ${changes.length === 1 ? 'it' : 'them'} back.`;
  return lines(...changeTable(changes, color), '', end);
}

/** What setup would do. Steps behind a module are guesses: its devices begin with settings of their own. */
export function dryRunView(changes: readonly Change[], color: boolean): string {
  if (changes.length === 0) return 'Nothing to do: this host is set up already.\n';
  return lines(
    ...changeTable(changes, color),
    '',
    `${plural(changes.length, 'change')} to make; nothing was done.`,
  );
}

function changeTable(changes: readonly Change[], color: boolean): string[] {
  const { dim } = colors(color);
  const rows = changes.map(({ step, before, reason }) => {
    const words = describeStep(step, before);
    return [words.what, words.before, words.after, reason];
  });
  return formatTable(CHANGE_COLUMNS, rows, { paintTitle: dim });
}

/** Each requirement, and behind them what to do about those that are not met. */
export function checkView(
  checked: readonly { readonly request: RealServerRequest; readonly requirements: readonly Requirement[] }[],
  color: boolean,
): string {
  return checked.map(({ request, requirements }) => checkOne(request, requirements, color)).join('\n');
}

function checkOne(request: RealServerRequest, requirements: readonly Requirement[], color: boolean): string {
  const { dim, green, red } = colors(color);
  const rows = requirements.map(({ what, ok, found, reason }) => [
    ok ? green('ok') : red('missing'),
    what,
    found,
    reason,
  ]);
  const table = formatTable(
    [{ title: '' }, { title: 'REQUIREMENT' }, { title: 'FOUND' }, { title: 'WHY' }],
    rows,
    { paintTitle: dim },
  );
  const missing = requirements.filter(({ ok }) => !ok);
  if (missing.length === 0) return lines(...table, '', `This host is set up for ${title(request)}.`);
  const count = `${missing.length} of ${plural(requirements.length, 'requirement')} missing.`;
  return lines(...table, '', `${count} ${cures(request, missing)}`);
}

function cures(request: RealServerRequest, missing: readonly Requirement[]): string {
  const advice = missing.flatMap(({ what, advice: text }) => (text === null ? [] : [`  ${what}: ${text}`]));
  const steps = planOf(missing);
  const first = advice.length === 0 ? [] : ['What setup does not change by itself:', ...advice];
  if (steps.length === 0) return first.join('\n');
  const cure = [
    'To cure them all:',
    `  lvsd realserver setup ${formatOptions(request).join(' ')}`,
    'or by hand:',
    ...steps.map((step) => `  ${commandOf(step)}`),
  ];
  return [...first, ...cure].join('\n');
}

function title(request: RealServerRequest): string {
  if (request.forwarding === 'nat') return 'nat';
  return `${request.forwarding} with ${request.vips.map(({ text }) => text).join(', ')}`;
}

/** What was taken back, what was not and why. */
export function undoView(entries: readonly UndoEntry[], dryRun: boolean, color: boolean): string {
  if (entries.length === 0) return 'Nothing to undo: no setup is recorded for this host.\n';
  const { dim } = colors(color);
  const rows = entries.map(({ change, outcome, reason }) => {
    const { what, before, after } = describeStep(change.step, change.before);
    const kept = outcome === 'left' || outcome === 'failed';
    return [outcomeWord(outcome, dryRun), what, kept ? '' : after, kept ? '' : before, reason];
  });
  const columns = [{ title: '' }, { title: 'CHANGE' }, { title: 'WAS' }, { title: 'IS' }, { title: 'WHY' }];
  return lines(...formatTable(columns, rows, { paintTitle: dim }), '', summary(entries, dryRun));
}

function outcomeWord(outcome: UndoEntry['outcome'], dryRun: boolean): string {
  return outcome === 'undone' && dryRun ? 'would undo' : outcome === 'gone' ? 'already' : outcome;
}

function summary(entries: readonly UndoEntry[], dryRun: boolean): string {
  const count = (outcome: UndoEntry['outcome']): number =>
    entries.filter((entry) => entry.outcome === outcome).length;
  const words = [
    `${plural(count('undone'), 'change')} ${dryRun ? 'to undo' : 'undone'}`,
    ...(count('gone') === 0 ? [] : [`${count('gone')} as before already`]),
    ...(count('left') === 0 ? [] : [`${count('left')} left as others have made it`]),
    ...(count('failed') === 0 ? [] : [`${count('failed')} failed and still recorded`]),
  ];
  return `${words.join(', ')}${dryRun ? '; nothing was done' : ''}.`;
}

function lines(...texts: readonly string[]): string {
  return `${texts.join('\n')}\n`;
}

/** A change as JSON gives it. */
export function changeJson({ step, before, reason }: Change): object {
  const words = describeStep(step, before);
  return { ...words, reason, step: stepJson(step), command: commandOf(step) };
}

/** Without what only undo understands. */
function stepJson(step: Step): object {
  if (step.kind !== 'remove-route') return step;
  const { kind, family, text } = step;
  return { kind, family, text };
}

export function requirementJson({ what, ok, found, reason, steps, advice }: Requirement): object {
  return { what, ok, found, reason, cure: advice === null ? steps.map(commandOf) : [], advice };
}

export function undoJson({ change, outcome, reason }: UndoEntry): object {
  const { what, before, after } = describeStep(change.step, change.before);
  return { what, outcome, was: after, is: before, reason };
}
