/** Runs a program to its end and tells how long that took and how much memory it had at most. Linux only. */
import { spawn } from 'node:child_process';
import { openSync, closeSync, readFileSync } from 'node:fs';

export interface MeasuredRun {
  readonly wallMs: number;
  /** `VmHWM` as last seen before the end, looked at every few milliseconds when `watchMemory`; else 0. */
  readonly maxRssKb: number;
  readonly stdout: string;
}

/**
 * @param stdinPath what it reads, or null for nothing
 * @param watchMemory costs a little time, so not in a run whose time counts
 * @throws Error when it fails
 */
export async function runMeasured(
  command: string,
  args: readonly string[],
  { stdinPath = null, watchMemory = false }: { stdinPath?: string | null; watchMemory?: boolean } = {},
): Promise<MeasuredRun> {
  const stdin = stdinPath === null ? null : openSync(stdinPath, 'r');
  try {
    const begin = performance.now();
    const child = spawn(command, args, { stdio: [stdin ?? 'ignore', 'pipe', 'inherit'] });
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    let maxRssKb = 0;
    const timer = watchMemory
      ? setInterval(() => (maxRssKb = Math.max(maxRssKb, peakKb(child.pid))), 20)
      : undefined;
    const { code, wallMs } = await new Promise<{ code: number | null; wallMs: number }>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (exitCode) => resolve({ code: exitCode, wallMs: performance.now() - begin }));
    });
    clearInterval(timer);
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
    return { wallMs, maxRssKb, stdout: Buffer.concat(chunks).toString('utf8') };
  } finally {
    if (stdin !== null) closeSync(stdin);
  }
}

/** 0 when the process is gone. */
function peakKb(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
