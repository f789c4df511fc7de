/** What lets a process that must not be late go before others: real-time priority, and memory that is not taken away. */
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { lastErrno, mlock2, schedSetScheduler } from './binding.js';
import { SyscallError } from './errno.js';

const SCHED_RR = 2;
/** Children are ordinary again. */
const SCHED_RESET_ON_FORK = 0x4000_0000;
/** When they are touched: the file of a program is many times what is used of it. */
const MLOCK_ONFAULT = 1;

/**
 * Has this thread scheduled round-robin before every ordinary one, as long as it has something to do.
 *
 * @param priority 1..99
 * @throws SyscallError; `EPERM` where neither RLIMIT_RTPRIO nor CAP_SYS_NICE allows it, `ENOSYS` with musl
 * @see sched(7)
 */
export function setRoundRobin(priority: number): void {
  const parameter = new DataView(new ArrayBuffer(4));
  parameter.setInt32(0, priority, endianness() === 'LE');
  if (schedSetScheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, new Uint8Array(parameter.buffer)) === -1)
    throw new SyscallError('sched_setscheduler', lastErrno(), 'SCHED_RR');
}

/**
 * Keeps in memory what this process touches of its program and libraries, of its C heap and of its stack.
 *
 * Pages of files are what a kernel short of memory drops first, with and without swap. V8's own memory cannot be locked: V8 gives
 * pages of it back by madvise(2), which the kernel refuses for locked ones, and ends the process then. So no mlockall(2);
 * against swapping of that part there is only a cgroup without swap.
 *
 * @throws SyscallError; `ENOMEM` or `EPERM` where neither RLIMIT_MEMLOCK nor CAP_IPC_LOCK allows it
 * @see mlock(2); V8's OS::SetPermissions
 */
export function lockMemory(): void {
  for (const { from, to } of lockableRanges(readFileSync('/proc/self/maps', 'utf8')))
    if (mlock2(from, to - from, MLOCK_ONFAULT) === -1)
      throw new SyscallError('mlock2', lastErrno(), 'memory');
}

/** Addresses from and up to, without the last. */
export interface MemoryRange {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * Gives the ranges of files, of the C heap and of the stack.
 *
 * @param maps text of /proc/self/maps. Never throws: lines of another form are passed over
 * @see proc(5)
 */
export function lockableRanges(maps: string): MemoryRange[] {
  return maps.split('\n').flatMap((line) => {
    const match = /^([0-9a-f]+)-([0-9a-f]+) \S+ [0-9a-f]+ \S+ \d+ +(\/|\[heap\]|\[stack\])/.exec(line);
    return match === null ? [] : [{ from: BigInt(`0x${match[1]}`), to: BigInt(`0x${match[2]}`) }];
  });
}
