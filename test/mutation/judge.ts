/** One worker process, replaced when a mutant hangs it or breaks it. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { Order, Report } from './worker.js';

const workerFile = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** What killed a build that took longer than it may. */
export const TIMED_OUT = 'takes too long';

export class Judge {
  #worker: ChildProcess | null = null;

  /**
   * What killed the build, or null.
   *
   * @param limitMs a build that takes longer, once the worker is ready, counts as killed
   */
  async judge(order: Order, limitMs: number): Promise<string | null> {
    const worker = (this.#worker ??= fork(workerFile, {
      execArgv: ['--import', 'tsx', '--max-old-space-size=1024'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    }));
    return new Promise((resolve) => {
      const settle = (killer: string | null, broken: boolean): void => {
        clearTimeout(timer);
        worker.removeAllListeners();
        if (broken) this.close();
        resolve(killer);
      };
      let timer: NodeJS.Timeout | undefined;
      worker.on('message', (report: Report) => {
        if (report.kind === 'judged') settle(report.killer, false);
        else timer = setTimeout(() => settle(TIMED_OUT, true), limitMs);
      });
      worker.once('exit', () => settle('ends the process', true));
      worker.send(order);
    });
  }

  close(): void {
    this.#worker?.kill('SIGKILL');
    this.#worker = null;
  }
}
