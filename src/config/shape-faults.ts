/** What zod found, in our words. Unions are told as the form that was probably meant. */
import type { z } from 'zod';
import { formatPath, type Path } from './path.js';
import type { Finding } from './problem-list.js';
import { ALREADY_TOLD, kindOf, type RefusalParams, type WrongChoice } from './schema/fields.js';
import { unknownKey } from './unknown-key.js';
import { UNREADABLE } from './variables.js';

type Issue = z.core.$ZodIssue;

/** One misfit, still without its place in the text. */
export interface ShapeFault {
  readonly path: Path;
  /** Whether the key itself or its value is at fault. */
  readonly at: 'key' | 'value';
  readonly finding: Finding;
  readonly choice: WrongChoice | null;
  /** The path that is missing; null for other faults. */
  readonly missingPath: string | null;
  /** The path that an unknown key was probably meant to be; it is not told as missing, too. */
  readonly meantPath: string | null;
}

/** @param raw the data that was parsed; `base` its path in the file */
export function faultsOf(issues: readonly Issue[], raw: unknown, base: Path): ShapeFault[] {
  return issues.flatMap((issue) => faultsOfIssue(issue, raw, base));
}

function faultsOfIssue(issue: Issue, raw: unknown, base: Path): ShapeFault[] {
  const inner = issue.path as Path;
  const path = [...base, ...inner];
  switch (issue.code) {
    case 'invalid_union':
      return faultsOfUnion(issue.errors, dig(raw, inner), path);
    case 'unrecognized_keys':
      return issue.keys.map((key) => keyFault(path, key));
    case 'custom':
      return [refusalFault(issue.message, issue.params as RefusalParams, path)];
    case 'invalid_type':
      return [typeFault(issue.expected, dig(raw, inner), path)];
    case 'too_small':
      return [
        valueFault(path, {
          rule: 'list-length',
          message: 'the list is empty',
          hint: 'at least one entry is needed',
        }),
      ];
    case 'too_big':
      return [
        valueFault(path, { rule: 'list-length', message: `the list has more than ${issue.maximum} entries` }),
      ];
    default:
      return [valueFault(path, { rule: 'wrong-type', message: issue.message })];
  }
}

function valueFault(path: Path, finding: Finding, choice: WrongChoice | null = null): ShapeFault {
  return { path, at: 'value', finding, choice, missingPath: null, meantPath: null };
}

function keyFault(parent: Path, key: string): ShapeFault {
  const { finding, meant } = unknownKey(parent, key);
  const meantPath = meant === null ? null : formatPath([...parent, meant]);
  return { path: [...parent, key], at: 'key', finding, choice: null, missingPath: null, meantPath };
}

function refusalFault(message: string, { rule, hint, choice }: RefusalParams, path: Path): ShapeFault {
  return rule === 'missing-key' ? missingKey(path) : valueFault(path, { rule, message, hint }, choice);
}

function missingKey(path: Path): ShapeFault {
  const finding = { rule: 'missing-key', message: `the key "${String(path.at(-1))}" is missing` };
  return { ...valueFault(path.slice(0, -1), finding), missingPath: formatPath(path) };
}

function typeFault(expected: string, value: unknown, path: Path): ShapeFault {
  if (value === undefined) return missingKey(path);
  const list = expected === 'array';
  if (value === null) {
    const hint = `write ${list ? '[]' : '{}'} or remove the key`;
    return valueFault(path, { rule: 'empty-value', message: 'has no value', hint });
  }
  return wrongKind(path, value, `must be ${list ? 'a list' : 'a mapping of keys'}, not ${kindOf(value)}`);
}

function wrongKind(path: Path, value: unknown, message: string): ShapeFault {
  return valueFault(path, { rule: value === UNREADABLE ? ALREADY_TOLD : 'wrong-type', message });
}

function faultsOfUnion(forms: readonly (readonly Issue[])[], value: unknown, path: Path): ShapeFault[] {
  const faults = forms.map((issues) => faultsOf(issues, value, path));
  const [first, ...others] = faults.filter((form) => !form.some((fault) => isOfOtherKind(fault, path)));
  if (first === undefined) return [ofNoKind(value, path, forms)];
  const best = others.reduce((least, form) => (misfit(form) < misfit(least) ? form : least), first);
  const type = sharedTypeFault([first, ...others]);
  if (type === null) return [...best];
  // What keys the mapping may have, nobody knows; what is wrong with their values holds.
  const values = best.filter((fault) => !isTypeFault(fault) && fault.finding.rule !== 'misplaced-key');
  return [type, ...values];
}

/** The form wants a text and gets a mapping, or the like. */
function isOfOtherKind(fault: ShapeFault, path: Path): boolean {
  return (
    fault.path.length === path.length &&
    ['wrong-type', 'empty-value', ALREADY_TOLD].includes(fault.finding.rule)
  );
}

function ofNoKind(value: unknown, path: Path, forms: readonly (readonly Issue[])[]): ShapeFault {
  if (value === null) {
    return valueFault(path, {
      rule: 'empty-value',
      message: 'has no value',
      hint: 'write a value or remove it',
    });
  }
  const kinds = new Set(
    forms.flatMap((form) => form.filter(({ path: inner }) => inner.length === 0)).map(wantedKind),
  );
  return wrongKind(path, value, `must be ${[...kinds].join(' or ')}, not ${kindOf(value)}`);
}

function wantedKind(issue: Issue): string {
  if (issue.code !== 'invalid_type') return 'a single value';
  return issue.expected === 'array' ? 'a list' : 'a mapping of keys';
}

/** All forms stumble over the word that tells them apart (`type: htp`): one fault, with the words of all. */
function sharedTypeFault(forms: readonly (readonly ShapeFault[])[]): ShapeFault | null {
  const faults = forms.map((form) => form.find(isTypeFault));
  const [first] = faults;
  if (first === undefined || faults.includes(undefined)) return null;
  const allowed = faults.flatMap((fault) => fault?.choice?.allowed ?? []);
  return { ...first, choice: first.choice === null ? null : { ...first.choice, allowed } };
}

function isTypeFault(fault: ShapeFault): boolean {
  const about = fault.missingPath ?? formatPath(fault.path);
  return about === 'type' || about.endsWith('.type');
}

/** How badly a form fits: a wrong type word rules it out, then strange and missing keys count. */
function misfit(form: readonly ShapeFault[]): number {
  return form.reduce((sum, fault) => {
    if (isTypeFault(fault)) return sum + 1000;
    return sum + (fault.at === 'key' || fault.missingPath !== null ? 10 : 1);
  }, 0);
}

function dig(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[step] : undefined,
    value,
  );
}
