/** `lvsd status --watch`: redraws a terminal, prints successive reports elsewhere. */
import { pause } from '../base/abort.js';
import { reasonOf } from '../base/errors.js';
import type { Snapshot } from '../model/snapshot.js';
import { colors, cutVisible } from './colors.js';
import type { CliContext } from './context.js';
import { computeRates } from './status-rates.js';
import { statusView } from './status-view.js';

const PERIOD_MS = 1000;
const DEFAULT_SIZE = { columns: 120, rows: 24 };

// xterm's private mode 1049: the alternate screen, so that the terminal's history stays as it was.
const ENTER_SCREEN = '\u001b[?1049h\u001b[?25l';
const LEAVE_SCREEN = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE_REST = '\u001b[K';
const CLEAR_SCREEN_REST = '\u001b[J';

/** Reads a snapshot; the watch's signal ends a read that hangs. */
export type ReadSnapshot = (signal: AbortSignal) => Promise<Snapshot>;

/**
 * Shows what `read` gives every second until SIGINT or SIGTERM; JSON is one document a line.
 *
 * A director that goes away (is restarted) later on is reported and waited for.
 * @throws what the very first `read` throws
 */
export async function watchStatus(context: CliContext, read: ReadSnapshot, json: boolean): Promise<void> {
  const signal = context.interrupted();
  const first = await read(signal);
  const screen = context.terminal && !json;
  if (screen) context.out(ENTER_SCREEN);
  try {
    await watch(context, read, signal, first, json ? printJson : screen ? drawScreen : printReport);
  } finally {
    if (screen) context.out(LEAVE_SCREEN);
  }
}

/** A snapshot and when it was read, monotonic. */
interface Reading {
  readonly snapshot: Snapshot;
  readonly atMs: number;
}

type Show = (context: CliContext, lines: readonly string[], snapshot: Snapshot | null) => void;

async function watch(
  context: CliContext,
  read: ReadSnapshot,
  signal: AbortSignal,
  first: Snapshot,
  show: Show,
): Promise<void> {
  let before: Reading = { snapshot: first, atMs: context.clock.nowMs() };
  show(context, view(context, before, null), first);
  for (;;) {
    await pause(context.clock, PERIOD_MS, signal);
    if (signal.aborted) return;
    try {
      const now = { snapshot: await read(signal), atMs: context.clock.nowMs() };
      show(context, view(context, now, before), now.snapshot);
      before = now;
    } catch (error) {
      show(context, [colors(context.color).red(reasonOf(error))], null);
    }
  }
}

function view(context: CliContext, now: Reading, before: Reading | null): string[] {
  const rates = before && computeRates(before.snapshot, now.snapshot, now.atMs - before.atMs);
  return statusView(now.snapshot, {
    color: context.color,
    nowMs: context.clock.wallMs(),
    rates,
    width: context.terminal ? sizeOf(context).columns : null,
  });
}

const printJson: Show = (context, lines, snapshot) => {
  if (snapshot === null) context.err(`lvsd: ${lines.join(' ')}\n`);
  else context.out(`${JSON.stringify(snapshot)}\n`);
};

const printReport: Show = (context, lines) => context.out(`${lines.join('\n')}\n\n`);

const drawScreen: Show = (context, lines) => {
  // What does not fit would wrap or scroll and spoil the picture: it is cut.
  const { columns, rows } = sizeOf(context);
  const shown = fitRows(lines, rows - 1, context.color).map((line) => cutVisible(line, columns));
  const drawn = shown.map((line) => `${line}${CLEAR_LINE_REST}\n`).join('');
  context.out(`${HOME}${drawn}${CLEAR_SCREEN_REST}`);
};

function sizeOf(context: CliContext): { readonly columns: number; readonly rows: number } {
  return context.size() ?? DEFAULT_SIZE;
}

/** The first lines, and in the last row how many there are beside them. */
export function fitRows(lines: readonly string[], rows: number, color: boolean): readonly string[] {
  if (lines.length <= rows || rows < 2) return lines.slice(0, rows);
  const shown = lines.slice(0, rows - 1);
  const more = `${lines.length - shown.length} more lines; watch one service with lvsd status SERVICE --watch`;
  return [...shown, colors(color).dim(more)];
}
