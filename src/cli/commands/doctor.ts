import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Diagnosis } from '../../host/doctor/doctor.js';
import type { Model } from '../../model/director.js';
import { configOption, DEFAULT_CONFIG, jsonOption, newCommand } from '../command.js';
import type { CliContext } from '../context.js';
import { doctorScript, doctorView } from '../doctor-view.js';
import { EXIT_FAILED } from '../failure.js';
import { formatJson } from '../format.js';

interface DoctorOptions {
  readonly config?: string;
  readonly json?: true;
  readonly script?: true;
  readonly verbose?: true;
}

/** `lvsd doctor`: looks at this host and its network as services need them. Changes nothing. */
export function doctorCommand(context: CliContext): Command {
  return newCommand({
    name: 'doctor',
    summary: 'find what is wrong with this host and its network',
    examples: [
      'lvsd doctor',
      'lvsd doctor -c lvsd.yaml',
      'lvsd doctor --json | jq ".findings[] | select(.level == \\"fault\\")"',
      'lvsd doctor --script > cures.sh',
    ],
    description:
      'Tells what hurts services of the file, why, and the command that cures it. Runs on the director, and asks the servers ' +
      'by ARP and echo requests. Without a file it looks at the host alone. Exits 1 if there is a fault.',
  })
    .addOption(configOption())
    .option('--verbose', 'list the checks that found nothing, too')
    .option('--script', 'print the cures as a shell script')
    .addOption(jsonOption())
    .action((options: DoctorOptions) => doctor(context, options));
}

async function doctor(context: CliContext, options: DoctorOptions): Promise<void> {
  const file = await fileToRead(options.config);
  const model = file === null ? null : await modelOf(context, file);
  const { diagnose } = await import('../../host/doctor/doctor.js');
  const { withHost } = await import('../../host/doctor/host-view.js');
  const diagnosis = withHost(context.clock.wallMs(), (host) => diagnose(host, model));
  context.out(render(diagnosis, file, options, context));
  if (diagnosis.findings.some(({ level }) => level === 'fault')) context.exit(EXIT_FAILED);
}

/** The file that was named; else the default one, if there is one. */
async function fileToRead(named: string | undefined): Promise<string | null> {
  if (named !== undefined) return resolve(named);
  try {
    await access(DEFAULT_CONFIG);
    return DEFAULT_CONFIG;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : DEFAULT_CONFIG;
  }
}

/** Which scheduler modules are trusted is for `run` to decide. */
async function modelOf({ environment, hostName }: CliContext, file: string): Promise<Model> {
  const { loadConfig } = await import('../../config/load.js');
  return (await loadConfig(file, { environment, hostName, allowModule: true })).model;
}

function render(
  diagnosis: Diagnosis,
  file: string | null,
  { json, script, verbose }: DoctorOptions,
  { color }: CliContext,
): string {
  if (json === true) return formatJson({ file, ...diagnosis });
  return script === true
    ? doctorScript(diagnosis)
    : doctorView(diagnosis, { color, verbose: verbose === true, file });
}
