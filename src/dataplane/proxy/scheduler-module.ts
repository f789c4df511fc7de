/** Loads a custom scheduler: an ES module by absolute path with `export default (options) => Scheduler`. */
import { pathToFileURL } from 'node:url';
import type { Scheduler, SchedulerFactory, SchedulerOptions } from '../../../schedulers/types.js';
import { DirectorError, reasonOf } from '../../base/errors.js';
import { fileVersion } from '../../base/file-version.js';

/** The module cannot be loaded or is no scheduler. */
export class SchedulerModuleError extends DirectorError<{ readonly path: string }> {}

/** A loaded module; `version` differs once the file was changed. */
export interface SchedulerModule {
  readonly create: SchedulerFactory;
  readonly version: string;
}

/** Loads a module by absolute path. */
export type SchedulerModuleLoader = (path: string) => Promise<SchedulerModule>;

const requiredMethods = ['added', 'edited', 'removed', 'pick'] as const;

/** True for a scheduler setting that is a module's path and not a kernel name. */
export function isModulePath(scheduler: string): boolean {
  return scheduler.startsWith('/');
}

/**
 * Loads the module, anew when the file changed since (Node keeps each loaded version until the process ends).
 *
 * What `create` makes is checked for the methods of a Scheduler each time.
 * @throws SchedulerModuleError when the file is unreadable, fails to load, or has no function as default export
 */
export async function loadSchedulerModule(path: string): Promise<SchedulerModule> {
  const version = await versionOf(path);
  const loaded = await importModule(path, version);
  const factory = loaded.default;
  if (typeof factory !== 'function')
    throw moduleError(path, 'the default export is not a function createScheduler(options)');
  return {
    version,
    create: (options) => createChecked(path, factory as (options: SchedulerOptions) => unknown, options),
  };
}

async function versionOf(path: string): Promise<string> {
  try {
    return await fileVersion(path);
  } catch (thrown) {
    throw moduleError(path, reasonOf(thrown), thrown);
  }
}

async function importModule(path: string, version: string): Promise<{ readonly default?: unknown }> {
  const url = pathToFileURL(path);
  url.searchParams.set('version', version);
  try {
    return (await import(url.href)) as { readonly default?: unknown };
  } catch (thrown) {
    throw moduleError(path, reasonOf(thrown), thrown);
  }
}

function createChecked(
  path: string,
  factory: (options: SchedulerOptions) => unknown,
  options: SchedulerOptions,
): Scheduler {
  const made = callFactory(path, factory, options);
  if (made instanceof Promise) {
    // The step fails for the promise itself; what becomes of it must not end the process.
    made.catch(() => undefined);
    throw moduleError(path, 'createScheduler(options) returned a promise');
  }
  if (typeof made !== 'object' || made === null)
    throw moduleError(path, 'createScheduler(options) returned no object');
  const scheduler = made as Partial<Record<string, unknown>>;
  const missing = requiredMethods.filter((method) => typeof scheduler[method] !== 'function');
  if (missing.length > 0) throw moduleError(path, `the scheduler has no method ${missing.join(', ')}`);
  if (scheduler['bind'] !== undefined && typeof scheduler['bind'] !== 'function')
    throw moduleError(path, 'bind is there but is no method');
  return made as Scheduler;
}

function callFactory(
  path: string,
  factory: (options: SchedulerOptions) => unknown,
  options: SchedulerOptions,
): unknown {
  try {
    return factory(options);
  } catch (thrown) {
    throw moduleError(path, `createScheduler(options) threw: ${reasonOf(thrown)}`, thrown);
  }
}

function moduleError(path: string, reason: string, cause?: unknown): SchedulerModuleError {
  return new SchedulerModuleError(`load scheduler module ${path}: ${reason}`, {
    code: 'ERR_SCHEDULER_MODULE',
    details: { path },
    cause,
  });
}
