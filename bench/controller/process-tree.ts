/** Memory and CPU time of a program with all of its processes. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';
import { processCpuNs } from '../support/process-cpu.js';

/** @returns the sums over its processes: the peak of each, and what each has now */
export function residentOf(pid: number): { peakKb: number; nowKb: number } {
  let [peakKb, nowKb] = [0, 0];
  for (const member of familyOf(pid)) {
    const status = readFileSync(`/proc/${member}/status`, 'utf8');
    peakKb += Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    nowKb += Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return { peakKb, nowKb };
}

/** CPU time so far of a program with all of its processes, nanoseconds. */
export function familyCpuNs(pid: number): number {
  return familyOf(pid).reduce((sum, member) => sum + processCpuNs(member), 0);
}

/** What a start still has to do when the table is complete is no idleness. */
const SETTLES_MS = 20_000;

/** CPU time of each program in a minute of idleness, milliseconds; it begins when both have settled. */
export async function idleOf<Name extends string>(
  programs: Readonly<Record<Name, number>>,
): Promise<Record<Name, number>> {
  const cpuNs = (): Record<string, number> =>
    Object.fromEntries(Object.entries<number>(programs).map(([name, pid]) => [name, familyCpuNs(pid)]));
  await new Promise((resolve) => setTimeout(resolve, SETTLES_MS));
  const before = cpuNs();
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  const after = cpuNs();
  return Object.fromEntries(
    Object.keys(programs).map((name) => [name, ((after[name] ?? 0) - (before[name] ?? 0)) / 1e6]),
  ) as Record<Name, number>;
}

/** A process and its descendants. */
function familyOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = parentOf(entry);
    if (parent !== null) parents.set(Number(entry), parent);
  }
  const family = [pid];
  for (const member of family)
    for (const [child, parent] of parents) if (parent === member) family.push(child);
  return family;
}

/** Null when the process has ended meanwhile: others come and go on the machine. */
function parentOf(pid: string): number | null {
  try {
    // the command's name may hold blanks and brackets
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '');
    return Number(fields.split(' ')[1]);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return null;
    throw error;
  }
}
