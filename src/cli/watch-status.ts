/** `lvsd status --watch`: redraws a terminal, prints successive reports elsewhere. */
import { pause } from '../base/abort.js';
import { reasonOf } from '../base/errors.js';
import type { Snapshot } from '../model/snapshot.js';
import { colors, cutVisible } from './colors.js';
import type { CliContext } from './context.js';
import { computeRates } from './status-rates.js';
import { statusView, type StatusViewOptions } from './status-view.js';

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
export async function watchStatus(
  context: CliContext,
  read: ReadSnapshot,
  json: boolean,
  shown: WatchedView = WHOLE_STATUS,
): Promise<void> {
  const signal = context.interrupted();
  const first = await read(signal);
  const screen = context.terminal && !json;
  if (screen) context.out(ENTER_SCREEN);
  try {
    const show = json ? printJson : screen ? drawScreen : printReport;
    await watch(context, { read, shown, show, signal }, first);
  } finally {
    if (screen) context.out(LEAVE_SCREEN);
  }
}

/** A snapshot and when it was read, monotonic. */
interface Reading {
  readonly snapshot: Snapshot;
  readonly atMs: number;
}

/** What of a snapshot is shown. */
export interface WatchedView {
  readonly lines: (snapshot: Snapshot, options: StatusViewOptions) => readonly string[];
  /** As JSON. */
  readonly document: (snapshot: Snapshot) => unknown;
  /** The cure, where not all of it fits on the screen. */
  readonly narrower: string;
}

const WHOLE_STATUS: WatchedView = {
  lines: statusView,
  document: (snapshot) => snapshot,
  narrower: 'watch one service with lvsd status SERVICE --watch',
};

/** @param document null = there is none, and the lines say why */
type Show = (context: CliContext, lines: readonly string[], document: unknown, narrower: string) => void;

interface Watching {
  readonly read: ReadSnapshot;
  readonly shown: WatchedView;
  readonly show: Show;
  readonly signal: AbortSignal;
}

async function watch(context: CliContext, watching: Watching, first: Snapshot): Promise<void> {
  const { read, shown, show, signal } = watching;
  const { narrower, document } = shown;
  let before: Reading = { snapshot: first, atMs: context.clock.nowMs() };
  show(context, view(context, shown, before, null), document(first), narrower);
  for (;;) {
    await pause(context.clock, PERIOD_MS, signal);
    if (signal.aborted) return;
    try {
      const now = { snapshot: await read(signal), atMs: context.clock.nowMs() };
      show(context, view(context, shown, now, before), document(now.snapshot), narrower);
      before = now;
    } catch (error) {
      show(context, [colors(context.color).red(reasonOf(error))], null, narrower);
    }
  }
}

function view(
  context: CliContext,
  shown: WatchedView,
  now: Reading,
  before: Reading | null,
): readonly string[] {
  const rates = before && computeRates(before.snapshot, now.snapshot, now.atMs - before.atMs);
  return shown.lines(now.snapshot, {
    color: context.color,
    nowMs: context.clock.wallMs(),
    rates,
    width: context.terminal ? sizeOf(context).columns : null,
  });
}

const printJson: Show = (context, lines, document) => {
  if (document === null) context.err(`lvsd: ${lines.join(' ')}\n`);
  else context.out(`${JSON.stringify(document)}\n`);
};

const printReport: Show = (context, lines) => context.out(`${lines.join('\n')}\n\n`);

const drawScreen: Show = (context, lines, _document, narrower) => {
  // What does not fit would wrap or scroll and spoil the picture: it is cut.
  const { columns, rows } = sizeOf(context);
  const shown = fitRows(lines, rows - 1, context.color, narrower).map((line) => cutVisible(line, columns));
  const drawn = shown.map((line) => `${line}${CLEAR_LINE_REST}\n`).join('');
  context.out(`${HOME}${drawn}${CLEAR_SCREEN_REST}`);
};

function sizeOf(context: CliContext): { readonly columns: number; readonly rows: number } {
  return context.size() ?? DEFAULT_SIZE;
}

/** The first lines, and in the last row how many there are beside them. */
export function fitRows(
  lines: readonly string[],
  rows: number,
  color: boolean,
  narrower = WHOLE_STATUS.narrower,
): readonly string[] {
  if (lines.length <= rows || rows < 2) return lines.slice(0, rows);
  const shown = lines.slice(0, rows - 1);
  const more = `${lines.length - shown.length} more lines; ${narrower}`;
  return [...shown, colors(color).dim(more)];
}
