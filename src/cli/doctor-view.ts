/** What `lvsd doctor` prints. Pure. */
import { plural } from '../base/plural.js';
import type { Diagnosis } from '../host/doctor/doctor.js';
import type { Cure, Finding, Level } from '../host/doctor/types.js';
import { colors, type Colors } from './colors.js';

export interface DoctorViewOptions {
  readonly color: boolean;
  /** List the checks that found nothing. */
  readonly verbose: boolean;
  /** The file that was looked at; null: none. */
  readonly file: string | null;
}

const INDENT = '         ';

/** Findings, each with what, why and the cure; then one line of sums. */
export function doctorView({ findings, checks }: Diagnosis, options: DoctorViewOptions): string {
  const paint = colors(options.color);
  const silent = checks.filter((check) => check.findings === 0);
  const lines = [
    ...shown(findings).flatMap((part) => [...linesOf(part, paint), '']),
    ...(options.verbose
      ? silent.map(({ name, about }) => `${paint.green('ok')}       ${name}: ${about}`)
      : []),
    summary({ findings, checks }, silent.length, options, paint),
  ];
  return `${lines.join('\n')}\n`;
}

/** One ailment may be that of a thousand servers. */
const mostOfAKind = 10;

/** Findings in their order, or how many more there are of one kind. */
type Part = Finding | { readonly check: string; readonly more: number };

function shown(findings: readonly Finding[]): Part[] {
  const kinds = new Map<string, Finding[]>();
  for (const one of findings) {
    const kind = `${one.level} ${one.check}`;
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, [one]);
    else known.push(one);
  }
  return [...kinds.values()].flatMap((kind): Part[] => {
    const more = kind.length - mostOfAKind;
    const check = kind[0]?.check ?? '';
    return more > 0 ? [...kind.slice(0, mostOfAKind), { check, more }] : kind;
  });
}

function linesOf(part: Part, paint: Colors): string[] {
  if (!('more' in part)) return findingLines(part, paint);
  return [`${INDENT}and ${part.more} more of the check ${part.check}: --json has them all`];
}

function summary(
  { findings }: Diagnosis,
  silent: number,
  { file, verbose }: DoctorViewOptions,
  paint: Colors,
): string {
  const count = (level: Level): number => findings.filter((one) => one.level === level).length;
  const sums = `${plural(count('fault'), 'fault')}, ${plural(count('warning'), 'warning')}, ${plural(count('info'), 'note')}`;
  const rest = `${plural(silent, 'check')} found nothing${verbose || silent === 0 ? '' : ' (--verbose lists them)'}`;
  const subject = file ?? 'this host, without a configuration';
  const word =
    count('fault') > 0
      ? paint.red('sick')
      : count('warning') > 0
        ? paint.yellow('unwell')
        : paint.green('well');
  return `${word}  ${subject}: ${sums}; ${rest}`;
}

function findingLines(one: Finding, paint: Colors): string[] {
  const title = one.subject === '' ? one.check : `${one.check}  ${one.subject}`;
  return [
    `${label(one.level, paint)}${paint.bold(title)}`,
    `${INDENT}${one.what}`,
    `${INDENT}${one.why}`,
    ...(one.advice === '' ? [] : [`${INDENT}${one.advice}`]),
    ...one.cures.flatMap((cure) => cureLines(cure, paint)),
  ];
}

function label(level: Level, paint: Colors): string {
  switch (level) {
    case 'fault':
      return paint.red('fault    ');
    case 'warning':
      return paint.yellow('warning  ');
    case 'info':
      return paint.cyan('note     ');
  }
}

function cureLines({ on, commands }: Cure, paint: Colors): string[] {
  const place = on === 'here' ? 'cure:' : `cure, on the server ${on.server}:`;
  return [`${INDENT}${paint.dim(place)}`, ...commands.map((command) => `${INDENT}  ${command}`)];
}

/** A shell script of the cures for this host; those for servers are comments. */
export function doctorScript({ findings }: Diagnosis): string {
  const lines = findings.flatMap(({ what, cures }) => [
    ...(cures.length === 0 ? [] : ['', `# ${what.replaceAll(/[\r\n]+/g, ' ')}`]),
    ...cures.flatMap(({ on, commands }) =>
      on === 'here'
        ? commands
        : [`# on the server ${on.server}:`, ...commands.map((command) => `#   ${command}`)],
    ),
  ]);
  return ['#!/bin/sh', '# Made by lvsd doctor. Read it before you run it.', 'set -e', ...lines, ''].join(
    '\n',
  );
}
