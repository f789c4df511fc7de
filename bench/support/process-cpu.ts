/** CPU time of another process from /proc, in nanoseconds, all its threads. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Sum of the time on CPU of every living thread of `pid`.
 *
 * @throws Error when the process is gone
 * @see Documentation/scheduler/sched-stats.rst (first field of schedstat)
 */
export function processCpuNs(pid: number): number {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder).reduce((sum, task) => {
    const onCpu = readFileSync(`${folder}/${task}/schedstat`, 'utf8').split(' ')[0];
    return sum + Number(onCpu);
  }, 0);
}
