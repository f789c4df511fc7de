/**
 * One boot of the guest kernel, which runs one command on the host's own files (hostfs) and goes off again.
 *
 * The guest sees the host's paths; /run, /dev/shm and $TMPDIR are its own and empty. Its root has the rights of the
 * host's user on the host's files. Nothing here is about tests.
 */
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
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
  readonly onOutput: (chunk: Buffer) => void;
  readonly onErrors: (chunk: Buffer) => void;
}

export type GuestEnd =
  /** `code` as a shell tells it: 128 + n for a command that signal n ended. */
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'time-limit' }
  /** The kernel ended before the command did; `log` is the end of what it wrote. */
  | { readonly kind: 'died'; readonly log: string };

const initScript = fileURLToPath(new URL('init.sh', import.meta.url));
const logTailCharacters = 4_000;

/** Ends the guest and removes its files when the pipe closes without a word: whatever way this process ends, it closes. */
const watchdogScript = 'read -r word || { kill -s KILL -- "-$1"; rm -rf "$2"; }';

/** The files of one run, in a folder that only this user reads: the environment may hold secrets. */
export class GuestFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'lvsd-kernel-'));

  file(name: string): string {
    return join(this.path, name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

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
  writeGuestFiles(kernel, folder, command, options);
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
  const code = exitCode(folder);
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
  ];
}

function writeGuestFiles(
  kernel: UmlKernel,
  folder: GuestFolder,
  command: readonly string[],
  options: GuestOptions,
): void {
  copyFileSync(initScript, folder.file('init'));
  chmodSync(folder.file('init'), 0o700);
  writeFileSync(folder.file('fstab'), fstab);
  writeFileSync(folder.file('command'), commandScript(command, options));
  // modprobe -d wants the usual tree below the folder that it is given.
  mkdirSync(folder.file('lib/modules'), { recursive: true });
  symlinkSync(kernel.modules, folder.file(`lib/modules/${kernel.release}`));
  const modprobe = `#!/bin/sh\nexec modprobe -d ${quote(folder.path)} "$@"\n`;
  writeFileSync(folder.file('modprobe'), modprobe, { mode: 0o700 });
}

const fstab = `
proc      /proc          proc
sysfs     /sys           sysfs
devtmpfs  /dev           devtmpfs
devpts    /dev/pts       devpts    X-mount.mkdir
tmpfs     /dev/shm       tmpfs     X-mount.mkdir
tmpfs     /run           tmpfs     mode=755
tmpfs     /run/tmp       tmpfs     mode=1777,X-mount.mkdir
cgroup2   /sys/fs/cgroup cgroup2   nofail
`;

/** `env -i`, for the shell cannot hold every name that an environment may have. */
function commandScript(command: readonly string[], options: GuestOptions): string {
  const environment: NodeJS.ProcessEnv = {
    ...options.environment,
    TMPDIR: '/run/tmp',
    UML: '1',
    PATH: `${options.environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin`,
  };
  const settings = Object.entries(environment)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => quote(`${name}=${value ?? ''}`));
  return `cd ${quote(options.cwd)} || exit 125\nexec env -i ${settings.join(' ')} ${command.map(quote).join(' ')}\n`;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function startWatchdog(groupId: number, folder: GuestFolder): ChildProcessByStdio<Writable, null, null> {
  const words = ['-c', watchdogScript, 'lvsd-kernel-watchdog', String(groupId), folder.path];
  const watchdog = spawn('sh', words, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  watchdog.unref();
  return watchdog;
}

function stream(guest: ChildProcess, number: number): Readable {
  return guest.stdio[number] as Readable;
}

/** The guest's processes are processes of the host, all in the kernel's group. */
function killGroup(groupId: number): void {
  try {
    process.kill(-groupId, 'SIGKILL');
  } catch {
    // The group is gone, as it should be after a normal end.
  }
}

function exitCode(folder: GuestFolder): number | null {
  try {
    return Number(readFileSync(folder.file('exit-code'), 'utf8'));
  } catch {
    return null;
  }
}
