/** Kernel modules: whether one is there, and loading it. */
import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { commandLimitMs, runCommand, type CommandRunner } from './command.js';
import { readTextIfThere } from './file.js';

/**
 * `absent` means that it does not run now: a kernel without module support lists none, and a part that is built in without
 * settings of its own shows only in `modules.builtin`, which a container may lack.
 */
export type ModuleState = 'loaded' | 'built-in' | 'absent';

/** Where the kernel and its package say what there is. */
export interface ModulePlaces {
  /** Default /proc/modules. */
  readonly loaded: string;
  /** Default /sys/module. */
  readonly sysFolder: string;
  /** Default /lib/modules/<release>/modules.builtin. */
  readonly builtIn: string;
}

function thisMachine(): ModulePlaces {
  return {
    loaded: '/proc/modules',
    sysFolder: '/sys/module',
    builtIn: join('/lib/modules', release(), 'modules.builtin'),
  };
}

/** Name of the module that holds a scheduler: `ip_vs_wrr`. Never throws. */
export function schedulerModule(scheduler: string): string {
  return `ip_vs_${scheduler}`;
}

/**
 * Tells whether a module runs in this kernel. `-` and `_` in names are the same.
 *
 * @throws ModuleError `ERR_MODULE_NAME`
 * @throws SyscallError when a place is there and cannot be read
 */
export function moduleState(name: string, places: Partial<ModulePlaces> = {}): ModuleState {
  requireModuleName('find module', name);
  const { loaded, sysFolder, builtIn } = { ...thisMachine(), ...places };
  const wanted = kernelName(name);
  if (isListedLive(readTextIfThere(loaded) ?? '', wanted)) return 'loaded';
  const state = readTextIfThere(join(sysFolder, wanted, 'initstate'));
  if (state !== null) return state.trim() === 'live' ? 'loaded' : 'absent';
  // a loadable module has an initstate, so this one is part of the kernel
  if (existsSync(join(sysFolder, wanted))) return 'built-in';
  return isListedBuiltIn(readTextIfThere(builtIn) ?? '', wanted) ? 'built-in' : 'absent';
}

export type ModuleErrorCode =
  /** There is no modprobe on this machine, or it cannot be run. */
  | 'ERR_MODULE_LOADER'
  /** modprobe ran and refused: no such module, no privilege, a module that does not fit the kernel. */
  | 'ERR_MODULE_REFUSED'
  /** modprobe did not end in time, or was killed. */
  | 'ERR_MODULE_INTERRUPTED'
  /** No module has such a name; nothing was run or read. */
  | 'ERR_MODULE_NAME';

export interface ModuleErrorDetails {
  readonly operation: 'load module' | 'unload module' | 'find module';
  readonly module: string;
  /** Of modprobe, or null where it did not end by itself. */
  readonly exitStatus: number | null;
  /** What modprobe said. */
  readonly output: string;
}

/** A module that was not loaded, or cannot be one. Message: `load module <name>: <reason>`. */
export class ModuleError extends Error {
  override readonly name = 'ModuleError';
  readonly code: ModuleErrorCode;
  readonly details: ModuleErrorDetails;

  constructor(code: ModuleErrorCode, reason: string, details: ModuleErrorDetails, options?: ErrorOptions) {
    super(`${details.operation} ${details.module}: ${reason}`, options);
    this.code = code;
    this.details = details;
  }
}

/**
 * Loads a module and what it needs. One that is loaded or built in stays as it is. Blocks until modprobe has
 * ended. After 30 s it is killed; while it waits inside the kernel for the module to start, that takes effect only then.
 *
 * @param name letters, digits, `-` and `_`
 * @throws ModuleError
 * @see modprobe(8)
 */
export function loadModule(name: string, run: CommandRunner = runCommand): void {
  modprobe('load module', name, ['--', name], run);
}

/**
 * Unloads a module, and those that it alone needed. One that is not loaded stays so. What the module made goes with it, in every
 * network namespace: the kernel refuses only where other modules need it.
 *
 * @param name as for `loadModule`
 * @throws ModuleError
 * @see modprobe(8), option -r
 */
export function unloadModule(name: string, run: CommandRunner = runCommand): void {
  modprobe('unload module', name, ['-r', '--', name], run);
}

function modprobe(
  operation: 'load module' | 'unload module',
  name: string,
  args: readonly string[],
  run: CommandRunner,
): void {
  requireModuleName(operation, name);
  const { exitStatus, output, error } = run('modprobe', args);
  const details = { operation, module: name, exitStatus, output: output.trim() };
  if (error !== null || exitStatus === null) throw notRun(details, error);
  if (exitStatus !== 0) {
    throw new ModuleError('ERR_MODULE_REFUSED', refusal(details.output, exitStatus), details);
  }
}

/** A name becomes part of a path, and an argument of a program. */
function requireModuleName(operation: ModuleErrorDetails['operation'], name: string): void {
  if (/^[A-Za-z0-9][\w-]*$/.test(name)) return;
  const reason = 'a name has letters, digits, - and _ only';
  throw new ModuleError('ERR_MODULE_NAME', reason, { operation, module: name, exitStatus: null, output: '' });
}

function refusal(output: string, exitStatus: number): string {
  const lines = output.split('\n').map((line) => line.replace(/^modprobe: (FATAL|ERROR): /, '').trim());
  const said = lines.filter((line) => line !== '').join('; ');
  return said === '' ? `modprobe ended with status ${exitStatus}` : said;
}

function notRun(details: ModuleErrorDetails, error: NodeJS.ErrnoException | null): ModuleError {
  const cause = { cause: error };
  switch (error?.code) {
    case 'ENOENT':
      return new ModuleError(
        'ERR_MODULE_LOADER',
        'there is no modprobe on this machine (package kmod)',
        details,
        cause,
      );
    case 'EACCES':
    case 'EPERM':
      return new ModuleError('ERR_MODULE_LOADER', `modprobe cannot be run, ${error.code}`, details, cause);
    case 'ETIMEDOUT': {
      const reason = `modprobe did not end within ${commandLimitMs / 1000} s`;
      return new ModuleError('ERR_MODULE_INTERRUPTED', reason, details, cause);
    }
    default:
      return new ModuleError(
        'ERR_MODULE_INTERRUPTED',
        `modprobe ${error?.message ?? 'was killed'}`,
        details,
        cause,
      );
  }
}

/** Lines `<name> <size> <users> <by> <state> <address>`. */
function isListedLive(text: string, wanted: string): boolean {
  return text.split('\n').some((line) => {
    const columns = line.split(' ');
    return columns[0] === wanted && columns[4] === 'Live';
  });
}

/** Lines `kernel/net/netfilter/ipvs/ip_vs.ko`. */
function isListedBuiltIn(text: string, wanted: string): boolean {
  return text.split('\n').some((line) => {
    const file = line.slice(line.lastIndexOf('/') + 1);
    return file.endsWith('.ko') && kernelName(file.slice(0, -'.ko'.length)) === wanted;
  });
}

function kernelName(name: string): string {
  return name.replaceAll('-', '_');
}
