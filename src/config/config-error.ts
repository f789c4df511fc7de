/** The error that carries everything that is wrong with a configuration. */
import { DirectorError } from '../base/errors.js';
import { describe, type ConfigProblem } from './problem.js';
import { formatReport, type ReportOptions } from './report.js';

/** A configuration was refused. Holds every problem that could be found in one pass, at most 1000, in the order of the files. */
export class ConfigError extends DirectorError<{ readonly file: string; readonly rules: readonly string[] }> {
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[]) {
    super(`load ${file}: ${summary(problems)}`, {
      code: 'ERR_CONFIG',
      details: { file, rules: [...new Set(problems.map((problem) => problem.rule))] },
    });
    this.problems = problems;
  }

  /** All problems for a person: place, reason, source excerpt with a caret, hint. Ends with a newline. */
  report(options: ReportOptions): string {
    return formatReport(this.problems, options);
  }
}

function summary(problems: readonly ConfigProblem[]): string {
  const first = problems[0];
  if (first === undefined) return 'refused';
  const place = `${first.file}:${first.line}:${first.column}: ${describe(first)}`;
  return problems.length === 1 ? place : `${place} (and ${problems.length - 1} more)`;
}
