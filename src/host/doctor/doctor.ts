/** Runs the checks and puts what they find in order. */
import { reasonOf } from '../../base/errors.js';
import type { Model } from '../../model/director.js';
import { checks } from './checks/all.js';
import { finding } from './finding.js';
import type { DoctorCheck, Finding, HostView, Level } from './types.js';

export interface CheckResult {
  readonly name: string;
  readonly about: string;
  readonly findings: number;
}

export interface Diagnosis {
  /** Faults first; the checks' order within. */
  readonly findings: readonly Finding[];
  readonly checks: readonly CheckResult[];
}

const order: readonly Level[] = ['fault', 'warning', 'info'];

/**
 * Runs every check.
 *
 * @param model null: what needs no configuration
 */
export function diagnose(
  host: HostView,
  model: Model | null,
  all: readonly DoctorCheck[] = checks,
): Diagnosis {
  const due = all.filter(({ ofServices }) => model !== null || !ofServices);
  const results = due.map((check) => ({ check, found: runCheck(check, host, model) }));
  const findings = results.flatMap(({ found }) => found);
  return {
    findings: order.flatMap((level) => findings.filter((one) => one.level === level)),
    checks: results.map(({ check: { name, about }, found }) => ({ name, about, findings: found.length })),
  };
}

/** One check that fails must not hide what the others find. */
function runCheck(check: DoctorCheck, host: HostView, model: Model | null): readonly Finding[] {
  try {
    return check.run(host, model);
  } catch (error) {
    const what = `The check ${check.name} could not be run: ${reasonOf(error)}.`;
    return [finding(check.name, 'info', { what, why: `It looks at ${check.about}.` })];
  }
}
