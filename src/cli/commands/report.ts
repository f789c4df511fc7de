import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { parseSince } from '../../report/since.js';
import { configOption, jsonOption, newCommand } from '../command.js';
import type { CliContext } from '../context.js';
import { failure, usageError } from '../failure.js';
import { formatJson } from '../format.js';
import type { MadeReport, MakeReport } from '../programs.js';
import { reportView } from '../report-view.js';

interface ReportOptions {
  readonly since: string;
  readonly service?: string;
  readonly stateDir?: string;
  readonly config?: string;
  readonly json?: true;
}

/** `lvsd report`: how much of the time services and servers were there. */
export function reportCommand(context: CliContext, makeReport: MakeReport): Command {
  return newCommand({
    name: 'report',
    summary: 'how much of the time services and servers were up',
    examples: [
      'lvsd report',
      'lvsd report --since 2026-11-01 --service shop',
      'lvsd report --since 12h --json',
      'lvsd report -c lvsd.yaml',
    ],
    description:
      'Reads what the director records in its state_dir, and needs no director that runs. Availability is up / (up + down); ' +
      'time in which no director ran or none could tell is in neither.',
  })
    .addOption(new Option('--since <when>', '30d, 12h, 90m, 2w, or a date').default('30d'))
    .option('--service <name>', 'only this service')
    .option(
      '--state-dir <path>',
      "folder of the director's state (default: state_dir of -c FILE, then the user's own)",
    )
    .addOption(jsonOption())
    .addOption(configOption())
    .action((options: ReportOptions) => report(context, makeReport, options));
}

async function report(context: CliContext, makeReport: MakeReport, options: ReportOptions): Promise<void> {
  const toMs = context.clock.wallMs();
  const fromMs = parseSince(options.since, toMs);
  if (fromMs === null)
    throw usageError(
      `report --since ${options.since}: expected 30d, 12h, 90m, 2w, or a date that is past: 2026-11-01, "2026-11-01 12:30"`,
    );
  const { config, stateDir } = options;
  const made = await makeReport({
    fromMs,
    toMs,
    ...(config === undefined ? {} : { config: resolve(config) }),
    ...(stateDir === undefined ? {} : { stateDir: resolve(stateDir) }),
  });
  const wanted = onlyService(made, options.service);
  if (options.json === true) context.out(formatJson(jsonOf(wanted)));
  else context.out(reportView(wanted, context.color));
}

function onlyService(made: MadeReport, service: string | undefined): MadeReport {
  const { report, stateDir } = made;
  if (report.recordedSinceMs === null)
    throw failure(
      `report from ${stateDir}: nothing is recorded there yet; a director that runs does so. Is it another one's folder? Name it with -c FILE or --state-dir`,
    );
  if (service === undefined) return made;
  const services = report.services.filter(({ name }) => name === service);
  if (services.length > 0) return { ...made, report: { ...report, services } };
  const names = report.services.map(({ name }) => name).join(', ');
  throw failure(
    `report --service ${service}: nothing is recorded of it in that time${names === '' ? '' : `, only of ${names}`}`,
  );
}

function jsonOf({ stateDir, directorPid, report: { director, ...report } }: MadeReport): object {
  return { stateDir, director: { ...director, pid: directorPid }, ...report };
}
