/** Files that the configuration names and that are no configuration: those of checks and scheduler modules. */
import { stat } from 'node:fs/promises';
import { reasonOf } from '../base/errors.js';
import { fileVersion } from '../base/file-version.js';
import { judgeTrustedFile } from '../base/trusted-file.js';
import { isSchedulerModule } from '../model/scheduler-names.js';
import { readCheckFiles, type CheckFiles } from './check-files.js';
import type { Inputs } from './inputs.js';
import { absolutePath } from './named-files.js';
import type { Finding } from './problem-list.js';
import type { ResolvedService } from './resolve-servers.js';
import { show } from './schema/fields.js';
import type { Verdicts } from './rules/rule.js';
import { writtenChecks } from './written-checks.js';

/** The one folder that scheduler modules are trusted in. */
const SCHEDULER_FOLDER = '/etc/lvsd/schedulers';

/** A scheduler's module as it is now. */
export interface SchedulerFile {
  /** Absolute; real, unless modules may come from anywhere. */
  readonly path: string;
  /** Another one for every change of the file. */
  readonly version: string;
}

/** What the files of one service hold. */
export interface OutsideFiles {
  /** Those of its checks, in the order of `writtenChecks`. */
  readonly checks: readonly CheckFiles[];
  /** The scheduler's module; null for a scheduler by name. */
  readonly schedulerModule: SchedulerFile | null;
}

/** How they are read. */
export interface OutsideOptions {
  /** Scheduler modules may lie anywhere. */
  readonly allowModule: boolean;
  /** Where what is looked at is noted. */
  readonly inputs: Inputs;
}

/** Reads and judges them, relative to the folder of the file that names them. Never rejects. */
export async function readOutsideFiles(
  service: ResolvedService,
  options: OutsideOptions,
  verdicts: Verdicts,
): Promise<OutsideFiles> {
  const checks: CheckFiles[] = [];
  for (const { check, at } of writtenChecks(service.config))
    checks.push(await readCheckFiles(check, at, service.spot, options.inputs, verdicts));
  return {
    checks,
    schedulerModule: await readModule(service, options, verdicts),
  };
}

async function readModule(
  { spot, config: { scheduler } }: ResolvedService,
  { allowModule, inputs }: OutsideOptions,
  verdicts: Verdicts,
): Promise<SchedulerFile | null> {
  if (!isSchedulerModule(scheduler)) return null;
  const path = absolutePath(spot, scheduler);
  const found = await inputs.ask(() => findModule(path, scheduler, allowModule));
  if ('path' in found) return found;
  verdicts.refuse(spot, ['scheduler'], found);
  return null;
}

/** @param named as the configuration names it, for people */
async function findModule(
  path: string,
  named: string,
  allowModule: boolean,
): Promise<SchedulerFile | Finding> {
  const missing = (message: string): Finding => ({ rule: 'module-missing', message });
  if (!/\.m?js$/.test(path)) return missing(`${show(named)} is no JavaScript module (.js or .mjs)`);
  try {
    if (!(await stat(path)).isFile()) return missing(`${show(named)} is no regular file`);
    if (allowModule) return { path, version: await fileVersion(path) };
    const decision = await judgeTrustedFile(path, SCHEDULER_FOLDER);
    if (decision.trusted) return { path: decision.path, version: await fileVersion(decision.path) };
    return {
      rule: 'module-untrusted',
      message: `the scheduler module is not trusted: ${decision.reason}`,
      hint: `put it into ${SCHEDULER_FOLDER}, owned by root and writable by root alone, or start with --allow-module`,
    };
  } catch (error) {
    return missing(`${show(named)}: ${reasonOf(error)}`);
  }
}
