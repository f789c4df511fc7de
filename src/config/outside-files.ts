/** Files that the configuration names and that are no configuration: passwords and scheduler modules. */
import { open, stat } from 'node:fs/promises';
import { constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { reasonOf } from '../base/errors.js';
import { fileVersion } from '../base/file-version.js';
import { judgeTrustedFile } from '../base/trusted-file.js';
import { isSchedulerModule } from '../model/scheduler-names.js';
import type { Spot } from './draft.js';
import type { Inputs } from './inputs.js';
import type { Finding } from './problem-list.js';
import type { ResolvedService } from './resolve-servers.js';
import { show } from './schema/fields.js';
import type { Verdicts } from './rules/rule.js';

/** The one folder that scheduler modules are trusted in. */
const SCHEDULER_FOLDER = '/etc/lvsd/schedulers';

const LARGEST_PASSWORD_BYTES = 4096;
const READABLE_BY_ALL = 0o004;

/** A scheduler's module as it is now. */
export interface SchedulerFile {
  /** Absolute; real, unless modules may come from anywhere. */
  readonly path: string;
  /** Another one for every change of the file. */
  readonly version: string;
}

/** What the files of one service hold. */
export interface OutsideFiles {
  /** The password of the check; null when it has none from a file. */
  readonly password: string | null;
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
  return {
    password: await readPassword(service, options, verdicts),
    schedulerModule: await readModule(service, options, verdicts),
  };
}

function absolute(spot: Spot, path: string): string {
  return resolve(dirname(spot.file.path), path);
}

async function readPassword(
  { spot, config }: ResolvedService,
  { inputs }: OutsideOptions,
  verdicts: Verdicts,
): Promise<string | null> {
  const { check } = config;
  const named = check !== undefined && 'path' in check ? check.basic_auth?.password_file : undefined;
  if (named === undefined) return null;
  const at = ['check', 'basic_auth', 'password_file'];
  const path = absolute(spot, named);
  const read = await inputs.ask(() => readSecretFile(path));
  if ('fault' in read) {
    verdicts.refuse(spot, at, { rule: 'password-file', message: `${show(named)}: ${read.fault}` });
    return null;
  }
  if (read.readableByAll) {
    const hint = `chmod 600 ${named}`;
    verdicts.warn(spot, at, {
      rule: 'password-file-mode',
      message: `everybody can read ${show(named)}`,
      hint,
    });
  }
  return read.secret;
}

type SecretFile = { readonly secret: string; readonly readableByAll: boolean } | { readonly fault: string };

async function readSecretFile(path: string): Promise<SecretFile> {
  try {
    // Without O_NONBLOCK a pipe that nobody writes to would hold up the reload for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) return { fault: 'is no regular file' };
      if (stats.size > LARGEST_PASSWORD_BYTES)
        return { fault: `is larger than ${LARGEST_PASSWORD_BYTES} bytes` };
      const secret = (await handle.readFile('utf8')).replace(/\r?\n$/, '');
      if (secret === '') return { fault: 'is empty' };
      // eslint-disable-next-line no-control-regex -- a second line is a file of another kind
      if (/[\u0000-\u001f\u007f]/.test(secret)) return { fault: 'holds more than one line of text' };
      return { secret, readableByAll: (stats.mode & READABLE_BY_ALL) !== 0 };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { fault: reasonOf(error) };
  }
}

async function readModule(
  { spot, config: { scheduler } }: ResolvedService,
  { allowModule, inputs }: OutsideOptions,
  verdicts: Verdicts,
): Promise<SchedulerFile | null> {
  if (!isSchedulerModule(scheduler)) return null;
  const path = absolute(spot, scheduler);
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
