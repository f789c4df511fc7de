/**
 * One boot of the kernel under qemu, which runs one command on the host's own files (virtiofs) and ends.
 *
 * The guest sees the host's paths; /run, /dev/shm and $TMPDIR are its own and empty. Its root is root on the host's files.
 * All is emulated, so that it runs where there is no virtual machine to be had: many times slower than the host.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { GuestFolder } from '../guest-folder.js';
import { killGroup, startWatchdog, type GuestEnd, type GuestOptions } from '../guest.js';
import type { QemuKernel } from './qemu-kernel.js';

const initScript = fileURLToPath(new URL('init.sh', import.meta.url));
const bootScript = fileURLToPath(new URL('boot.sh', import.meta.url));
const logTailCharacters = 4_000;
/** How often the growing outputs are read. */
const readEveryMs = 200;

/**
 * Boots `kernel` and runs `command` in it, as `runInGuest` does for the other kernel.
 *
 * No process outlives it, nor this process, even when that is killed. `folder` stays, for the caller to remove.
 */
export async function runInQemu(
  kernel: QemuKernel,
  folder: GuestFolder,
  command: readonly string[],
  options: GuestOptions,
): Promise<GuestEnd> {
  folder.prepare(kernel, command, options.cwd, options.environment, { init: initScript, variable: 'QEMU' });
  const outputs = [
    new GrowingFile(folder.file('output'), options.onOutput),
    new GrowingFile(folder.file('errors'), options.onErrors),
  ];
  const words = [bootScript, kernel.fileServer, folder.file('files.sock'), kernel.emulator];
  const guest = spawn('sh', [...words, ...machine(kernel, folder, options)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (guest.pid === undefined) throw ((await once(guest, 'error')) as [Error])[0];
  const groupId = guest.pid;
  const watchdog = startWatchdog(groupId, folder);
  const log = keepTail(guest);
  const limit = new AbortController();
  limit.signal.addEventListener('abort', () => killGroup(groupId));
  const timer = setTimeout(() => limit.abort(), options.limitMs);
  const reader = setInterval(() => outputs.forEach((output) => output.read()), readEveryMs);
  guest.once('exit', () => killGroup(groupId));
  await once(guest, 'close');
  clearTimeout(timer);
  clearInterval(reader);
  watchdog.stdin.end('done\n');
  for (const output of outputs) output.close();
  if (limit.signal.aborted) return { kind: 'time-limit' };
  const code = folder.exitCode();
  return code === null ? { kind: 'died', log: log().trimEnd() } : { kind: 'exited', code };
}

function machine(
  kernel: QemuKernel,
  folder: GuestFolder,
  { memoryMb, kernelArguments = [] }: GuestOptions,
): string[] {
  const commandLine = [
    'console=ttyS0',
    'quiet',
    // A kernel that stumbled proves nothing: it ends, and its log is shown.
    'oops=panic',
    'panic=-1',
    // Against attackers and for speed of real processors; here they only cost.
    'mitigations=off',
    'nokaslr',
    'no_timer_check',
    `lvsd_init=${folder.file('init')}`,
    ...kernelArguments,
  ];
  return [
    ...['-accel', process.env['LVSD_QEMU_ACCEL'] ?? 'tcg', '-machine', 'pc,memory-backend=memory'],
    // virtiofs reads and writes the guest's memory itself
    ...['-object', `memory-backend-memfd,id=memory,size=${memoryMb}M,share=on`, '-m', `${memoryMb}M`],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'stdio'],
    ...['-kernel', kernel.image, '-initrd', kernel.startImage, '-append', commandLine.join(' ')],
    ...['-chardev', `socket,id=files,path=${folder.file('files.sock')}`],
    ...['-device', 'vhost-user-fs-pci,chardev=files,tag=host'],
  ];
}

/** The end of what the kernel, qemu and the file server write. */
function keepTail(guest: ChildProcess): () => string {
  let log = '';
  for (const stream of [guest.stdout, guest.stderr] as Readable[])
    stream.on('data', (chunk: Buffer) => (log = (log + chunk.toString('latin1')).slice(-logTailCharacters)));
  return () => log;
}

/** A file that the guest appends to. */
class GrowingFile {
  readonly #descriptor: number;
  readonly #onChunk: (chunk: Buffer) => void;
  readonly #buffer = Buffer.alloc(65_536);

  constructor(path: string, onChunk: (chunk: Buffer) => void) {
    writeFileSync(path, '');
    this.#descriptor = openSync(path, 'r');
    this.#onChunk = onChunk;
  }

  /** Gives on what has come since the last time. */
  read(): void {
    for (;;) {
      const length = readSync(this.#descriptor, this.#buffer);
      if (length === 0) return;
      this.#onChunk(Buffer.from(this.#buffer.subarray(0, length)));
    }
  }

  close(): void {
    this.read();
    closeSync(this.#descriptor);
  }
}
