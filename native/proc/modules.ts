/** Kernel modules: whether one is there, and loading it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
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
 * @throws SyscallError when a place is there and cannot be read
 */
export function moduleState(name: string, places: Partial<ModulePlaces> = {}): ModuleState {
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
  /** No module has such a name; nothing was run. */
  | 'ERR_MODULE_NAME';

export interface ModuleErrorDetails {
  readonly module: string;
  /** Of modprobe, or null where it did not end by itself. */
  readonly exitStatus: number | null;
  /** What modprobe said. */
  readonly output: string;
}

/** A module that was not loaded. Message: `load module <name>: <reason>`. */
export class ModuleError extends Error {
  override readonly name = 'ModuleError';
  readonly code: ModuleErrorCode;
  readonly details: ModuleErrorDetails;

  constructor(code: ModuleErrorCode, reason: string, details: ModuleErrorDetails, options?: ErrorOptions) {
    super(`load module ${details.module}: ${reason}`, options);
    this.code = code;
    this.details = details;
  }
}

export interface CommandResult {
  /** Null where the program was not started or was killed. */
  readonly exitStatus: number | null;
  /** Standard error. */
  readonly output: string;
  /** Why it was not started or did not end by itself. */
  readonly error: NodeJS.ErrnoException | null;
}

/** Runs a program to its end without a shell. Never throws. */
export type CommandRunner = (program: string, args: readonly string[]) => CommandResult;

const timeLimitMs = 30_000;

/** Also looks where administrators' programs are, which an ordinary PATH leaves out. English, for the words are shown. */
const runCommand: CommandRunner = (program, args) => {
  const result = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: timeLimitMs,
    env: { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
  const killed = result.signal === null ? null : new Error(`ended by ${result.signal}`);
  return {
    exitStatus: result.status,
    output: result.error === undefined ? result.stderr : '',
    error: result.error ?? killed,
  };
};

/**
 * Loads a module and what it needs. One that is loaded or built in stays as it is. Blocks until modprobe has ended, at most 30 s.
 *
 * @param name letters, digits, `-` and `_`
 * @throws ModuleError
 * @see modprobe(8)
 */
export function loadModule(name: string, run: CommandRunner = runCommand): void {
  if (!/^[A-Za-z0-9][\w-]*$/.test(name)) {
    const reason = 'a name has letters, digits, - and _ only';
    throw new ModuleError('ERR_MODULE_NAME', reason, { module: name, exitStatus: null, output: '' });
  }
  const { exitStatus, output, error } = run('modprobe', ['--', name]);
  if (exitStatus === 0) return;
  const details = { module: name, exitStatus, output: output.trim() };
  if (exitStatus !== null) {
    throw new ModuleError('ERR_MODULE_REFUSED', refusal(details.output, exitStatus), details);
  }
  throw notRun(details, error);
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
      const reason = `modprobe did not end within ${timeLimitMs / 1000} s`;
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
