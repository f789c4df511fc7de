/**
 * Controller bench: one kernel boot, in which `lvsd run` and keepalived, without checkers, make and change the same tables in turns.
 * Times of the guest kernel are right as ratios, not as milliseconds. Memory and idle CPU are those of whole processes.
 *
 * What must hold: the controller at least 8 times faster than keepalived's start, one weight exactly one message and 3 times faster
 * than keepalived's SIGHUP. The bench fails where it does not.
 */
import type { Change, GuestFigures, LvsdStart, Start, Turn } from './controller/figures.js';
import { controllerFigures } from './controller/readme.js';
import { bundle, bundleProgram, runBenchGuest } from './support/kernel-guest.js';
import { writeReadmeBlock } from './support/readme-block.js';
import { keepResult, median, printTable } from './support/report.js';

const PROGRAM_BAR = 8;
const CHANGE_BAR = 3;

const [main, preload] = await bundleProgram('lvsd', 'src/cli/main.ts', 'bench/controller/preload.ts');
const figures = (await runBenchGuest([await bundle('controller/guest.ts'), preload, main])) as GuestFigures;
const { turns, starts, resources } = figures;

const ms = (value: number): string => value.toFixed(0);
/** Ratios are taken within a turn, so that both sides had the same machine. */
const ratio = <T>(list: readonly T[], peer: (one: T) => number, own: (one: T) => number): number =>
  median(list.map((one) => peer(one) / own(one)));

const controller = (turn: Turn): number => median(turn.controllerMs);
const program = ratio(turns, (turn) => turn.keepalivedStartMs, controller);
const hup = (turn: Turn): number => median(turn.keepalivedHupMs);
const firstHup = (turn: Turn): number => turn.keepalivedHupMs[0] ?? Number.NaN;
const firstByFile = (turn: Turn): number => turn.byFile[0]?.directorMs ?? Number.NaN;
const fileChange = (turn: Turn): number => median(turn.byFile.map(({ directorMs }) => directorMs));
const fileChangeWhole = (turn: Turn): number => median(turn.byFile.map(({ wholeMs }) => wholeMs));
const byFile = ratio(turns, hup, fileChange);
const byFileFirst = ratio(turns, firstHup, firstByFile);
const byFileWhole = ratio(turns, hup, fileChangeWhole);
const byCommand = ratio(turns, hup, (turn) => turn.byCommand.directorMs);
const unchanged = ratio(turns, hup, (turn) => turn.unchanged.wholeMs);

printTable(
  ['1,000 services x 10', 'keepalived ms', 'lvsd ms', 'times faster'],
  [
    row('parsed configuration to complete table / start', (turn) => turn.keepalivedStartMs, controller),
    row('one weight by file, from parsed file / SIGHUP', hup, fileChange),
    row('the same, the first one of a process', firstHup, firstByFile),
    row('one weight by file, from SIGHUP / SIGHUP', hup, fileChangeWhole),
    row('the same file again, from SIGHUP / SIGHUP', hup, (turn) => turn.unchanged.wholeMs),
    row('one weight by lvsd weight, in the director / SIGHUP', hup, (turn) => turn.byCommand.directorMs),
    row('one weight by lvsd weight, the whole command / SIGHUP', hup, (turn) => turn.byCommand.wholeMs),
  ],
);

function row(what: string, peer: (turn: Turn) => number, own: (turn: Turn) => number): string[] {
  const times = ratio(turns, peer, own).toFixed(2);
  return [what, ms(median(turns.map(peer))), ms(median(turns.map(own))), times];
}

const messages = {
  byFile: messagesOf((turn) => turn.byFile.map(({ messages: one }) => one)),
  byCommand: messagesOf((turn) => [turn.byCommand.messages]),
  unchanged: messagesOf((turn) => [turn.unchanged.messages]),
};
printTable(
  ['netlink messages of one change', 'that change state', 'that read'],
  [
    ['by file', messages.byFile.changing, messages.byFile.reading],
    ['by lvsd weight', messages.byCommand.changing, messages.byCommand.reading],
    ['the same file again', messages.unchanged.changing, messages.unchanged.reading],
  ].map((cells) => cells.map(String)),
);

/** The most that any change needed. */
function messagesOf(of: (turn: Turn) => Change['messages'][]): Change['messages'] {
  const all = turns.flatMap(of);
  return {
    changing: Math.max(...all.map(({ changing }) => changing)),
    reading: Math.max(...all.map(({ reading }) => reading)),
  };
}

const parts: readonly (readonly [string, keyof LvsdStart])[] = [
  ['node', 'nodeMs'],
  ['modules', 'modulesMs'],
  ['YAML', 'yamlMs'],
  ['schema', 'schemaMs'],
  ['plan', 'planMs'],
  ['netlink', 'netlinkMs'],
  ['state_dir', 'stateMs'],
  ['rest', 'restMs'],
];
const coldStarts = Object.fromEntries(
  Object.entries(starts).map(([services, list]) => [services, coldStart(list)]),
);
printTable(
  ['whole cold start, ms', 'keepalived', 'lvsd', 'times faster', ...parts.map(([name]) => name)],
  Object.entries(coldStarts).map(([services, { keepalivedMs, wholeMs, timesFaster, split }]) => [
    `${services} x 10`,
    ms(keepalivedMs),
    ms(wholeMs),
    timesFaster.toFixed(2),
    ...parts.map(([name]) => ms(split[name] ?? 0)),
  ]),
);

function coldStart(list: readonly Start[]) {
  return {
    keepalivedMs: median(list.map(({ keepalivedStartMs }) => keepalivedStartMs)),
    wholeMs: median(list.map(({ lvsd }) => lvsd.wholeMs)),
    timesFaster: ratio(
      list,
      (one) => one.keepalivedStartMs,
      (one) => one.lvsd.wholeMs,
    ),
    split: Object.fromEntries(
      parts.map(([name, part]) => [name, median(list.map(({ lvsd }) => lvsd[part]))]),
    ),
  };
}

const mb = (kb: number): string => (kb / 1024).toFixed(0);
printTable(
  ['after a start with 1,000 x 10', 'peak MB', 'resident MB', 'CPU of an idle minute, ms'],
  (['keepalived', 'lvsd'] as const).map((name) => {
    const { peakKb, nowKb } = resources.resident[name];
    return [name, mb(peakKb), mb(nowKb), ms(resources.idle[name])];
  }),
);

const summary = { program, byFile, byFileFirst, byFileWhole, byCommand, unchanged, messages, coldStarts };
const kept = keepResult('controller', { summary, ...figures });
writeReadmeBlock('controller', controllerFigures(kept));

const failures = [
  ...(program >= PROGRAM_BAR ? [] : [`programs ${program.toFixed(1)} times faster, not ${PROGRAM_BAR}`]),
  ...([byFile, byCommand].every((times) => times >= CHANGE_BAR)
    ? []
    : [`a weight is ${byFile.toFixed(1)} and ${byCommand.toFixed(1)} times faster, not ${CHANGE_BAR}`]),
  ...(messages.byFile.changing === 1 && messages.byCommand.changing === 1
    ? []
    : [`a weight takes ${messages.byFile.changing} and ${messages.byCommand.changing} messages, not one`]),
  ...(messages.unchanged.changing === 0 && turns.every((turn) => turn.unchanged.parses === 0)
    ? []
    : ['a file of the same content was parsed again, or changed the table']),
];
for (const failure of failures) console.error(`bench/controller: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;
