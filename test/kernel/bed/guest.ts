/**
 * One boot of the guest kernel, which runs one command on the host's own files (hostfs) and goes off again.
 *
 * The guest sees the host's paths; /run, /dev/shm and $TMPDIR are its own and empty. Its root has the rights of the
 * host's user on the host's files. Nothing here is about tests.
 */
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { GuestFolder } from './guest-folder.js';
import { memoryFolder } from './guest-memory.js';
import type { UmlKernel } from './kernel-package.js';

export interface GuestOptions {
  /** Exactly what the command finds, save TMPDIR and UML, which the bed sets. */
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** After so long the guest is killed. */
  readonly limitMs: number;
  /** Memory of the guest; the host gives it as it is used. */
  readonly memoryMb: number;
  /** More words for the kernel's command line; those with a dot are for its modules: `ipv6.disable=1`. Default none. */
  readonly kernelArguments?: readonly string[];
  readonly onOutput: (chunk: Buffer) => void;
  readonly onErrors: (chunk: Buffer) => void;
}

export type GuestEnd =
  /** `code` as a shell tells it: 128 + n for a command that signal n ended. */
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'time-limit' }
  /** The kernel ended before the command did; `log` is the end of what it wrote. */
  | { readonly kind: 'died'; readonly log: string };

const logTailCharacters = 4_000;

/** Ends the guest and removes its files when the pipe closes without a word: whatever way this process ends, it closes. */
const watchdogScript = 'read -r word || { kill -s KILL -- "-$1"; rm -rf "$2"; }';

/**
 * Boots `kernel` and runs `command` in it.
 *
 * Both outputs are complete and unchanged when it returns. No process and no mount outlives it, nor this process, even
 * when that is killed. `folder` stays, for the caller to remove.
 *
 * @throws the platform's error when the kernel's program cannot be started
 */
export async function runInGuest(
  kernel: UmlKernel,
  folder: GuestFolder,
  command: readonly string[],
  options: GuestOptions,
): Promise<GuestEnd> {
  folder.prepare(kernel, command, options.cwd, options.environment);
  const guest = spawn(kernel.program, kernelArguments(folder, options), {
    detached: true,
    env: { ...process.env, TMPDIR: memoryFolder(options.memoryMb) },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  if (guest.pid === undefined) throw ((await once(guest, 'error')) as [Error])[0];
  const groupId = guest.pid;
  const watchdog = startWatchdog(groupId, folder);
  let log = '';
  const keepLog = (chunk: Buffer): void => {
    log = (log + chunk.toString('latin1')).slice(-logTailCharacters);
  };
  stream(guest, 1).on('data', keepLog);
  stream(guest, 2).on('data', keepLog);
  stream(guest, 3).on('data', keepLog);
  stream(guest, 4).on('data', options.onOutput);
  stream(guest, 5).on('data', options.onErrors);

  const limit = new AbortController();
  limit.signal.addEventListener('abort', () => killGroup(groupId));
  const timer = setTimeout(() => limit.abort(), options.limitMs);
  // A process of the guest that outlived its kernel would keep the pipes open for ever.
  guest.once('exit', () => killGroup(groupId));
  await once(guest, 'close');
  clearTimeout(timer);
  watchdog.stdin.end('done\n');
  if (limit.signal.aborted) return { kind: 'time-limit' };
  const code = folder.exitCode();
  return code === null ? { kind: 'died', log: log.trimEnd() } : { kind: 'exited', code };
}

function kernelArguments(folder: GuestFolder, options: GuestOptions): string[] {
  return [
    `mem=${options.memoryMb}M`,
    'rootfstype=hostfs',
    'rootflags=/',
    'rw',
    `init=${folder.file('init')}`,
    `uml_dir=${folder.path}`,
    'umid=uml',
    'con=null',
    'ssl=null',
    'con0=null,fd:3',
    'con1=null,fd:4',
    'con2=null,fd:5',
    'console=tty0',
    'quiet',
    // Half of the boot would go into choosing the fastest code for disk arrays.
    'initcall_blacklist=raid6_select_algo',
    // A kernel that stumbled proves nothing: it ends, and its log is shown.
    'oops=panic',
    'panic=1',
    'noreboot',
    ...(options.kernelArguments ?? []),
  ];
}

/** Ends the group and removes the folder when this process ends before it says `done` to it. */
export function startWatchdog(
  groupId: number,
  folder: GuestFolder,
): ChildProcessByStdio<Writable, null, null> {
  const words = ['-c', watchdogScript, 'lvsd-kernel-watchdog', String(groupId), folder.path];
  const watchdog = spawn('sh', words, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  watchdog.unref();
  return watchdog;
}

function stream(guest: ChildProcess, number: number): Readable {
  return guest.stdio[number] as Readable;
}

/** The guest's processes are processes of the host, all in the kernel's group. Never throws. */
export function killGroup(groupId: number): void {
  try {
    process.kill(-groupId, 'SIGKILL');
  } catch {
    // The group is gone, as it should be after a normal end.
  }
}
