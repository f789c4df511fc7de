/** Real processes of which a thread does not come back: it opens a pipe that nobody writes to. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { realClock } from '../../../src/base/clock.js';

const LIMIT_MS = 30_000;

/** @returns the exit code; null when it had to be killed */
async function runHeld(end: string): Promise<number | null> {
  const folder = await mkdtemp(join(tmpdir(), 'lvsd-end-'));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const module = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { open } from 'node:fs/promises';
    import { endProcessInTime } from ${module('../../../src/daemon/end-process.ts')};
    import { realClock } from ${module('../../../src/base/clock.ts')};
    void open(${JSON.stringify(pipe)}, 'r');
    ${end}`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const limit = realClock.after(LIMIT_MS, () => child.kill('SIGKILL'));
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  } finally {
    limit.cancel();
    await rm(folder, { recursive: true });
  }
}

describe('the process of a director that has closed', () => {
  it('ends with its code though a thread of it is held', async () => {
    assert.equal(await runHeld('endProcessInTime(realClock, 3);'), 3);
  });
});
