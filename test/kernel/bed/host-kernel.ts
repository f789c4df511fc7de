/**
 * A bed without a guest: the kernel that this machine runs, with namespaces of its own for network, mounts and processes.
 *
 * For what is about time: a guest is late by itself. /run and $TMPDIR are its own and empty, and all that it starts ends with it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { GuestFolder } from './guest-folder.js';
import { killGroup, startWatchdog, type GuestEnd, type GuestOptions } from './guest.js';
import type { NoKernel } from './kernel-package.js';

/** The shell stays, as the first process: it takes the ends of what others have left. */
const PREPARE = `
set -e
mount -t tmpfs tmpfs /run
[ -L /var/run ] || mount --bind /run /var/run
mkdir /run/netns /run/tmp
ip link set lo up`;
const NAMESPACES = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];

const probe = `${PREPARE}
ip netns add probe
ip link add name port type veth peer name probed netns probe
ip link add name bridge type bridge`;

/** Whether such namespaces can be made here; else why not, and the cure. */
export function findHostKernel(): NoKernel | null {
  const { status, error, stderr } = spawnSync('unshare', [...NAMESPACES, 'sh', '-c', probe], {
    encoding: 'utf8',
  });
  if (status === 0) return null;
  const said = error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
  const reason = `no namespaces on this machine's own kernel (${said}); cure: run it as root, where the kernel has veth and bridge`;
  return { reason };
}

/** As `runInGuest`; nothing is booted, so memory and the kernel's arguments do not matter. */
export async function runOnHost(
  folder: GuestFolder,
  command: readonly string[],
  options: GuestOptions,
): Promise<GuestEnd> {
  const script = `${PREPARE}\nset +e\nexport TMPDIR=/run/tmp\n"$@"\nexit $?`;
  const bed = spawn('unshare', [...NAMESPACES, 'sh', '-c', script, 'lvsd-host-bed', ...command], {
    detached: true,
    cwd: options.cwd,
    env: options.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (bed.pid === undefined) throw ((await once(bed, 'error')) as [Error])[0];
  const groupId = bed.pid;
  const watchdog = startWatchdog(groupId, folder);
  bed.stdout.on('data', options.onOutput);
  bed.stderr.on('data', options.onErrors);
  const limit = new AbortController();
  limit.signal.addEventListener('abort', () => killGroup(groupId));
  const timer = setTimeout(() => limit.abort(), options.limitMs);
  const [code] = (await once(bed, 'close')) as [number | null];
  clearTimeout(timer);
  watchdog.stdin.end('done\n');
  if (limit.signal.aborted) return { kind: 'time-limit' };
  return code === null ? { kind: 'died', log: 'unshare was killed' } : { kind: 'exited', code };
}
