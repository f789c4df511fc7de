import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { afterEach, describe, it } from 'node:test';
import { exitCode, killPrograms, lineLike, linesOf, lvsd, type Program } from '../support/program.js';
import { cli } from '../support/test-director.js';

interface Demo {
  readonly program: Program;
  readonly lines: AsyncIterator<string>;
  readonly url: string;
  readonly admin: string;
  readonly socket: string;
  /** By server name. */
  readonly pids: ReadonlyMap<string, number>;
}

/** Starts the demo and reads what it tells a newcomer. */
async function startDemo(): Promise<Demo> {
  const program = lvsd(['demo']);
  const lines = linesOf(program.stdout);
  const told: string[] = [];
  for (;;) {
    told.push(await lineLike(lines, /./));
    if (told.at(-1)?.startsWith('Ctrl-C ends everything') === true) break;
  }
  const all = told.join('\n');
  const found = (pattern: RegExp): string => {
    const [, match] = pattern.exec(all) ?? [];
    assert.ok(match !== undefined, `${String(pattern)} in ${all}`);
    return match;
  };
  return {
    program,
    lines,
    url: found(/balances (http:\S+)/),
    admin: found(/curl -s (http:\S+)\/metrics/),
    socket: found(/status --socket (\S+)/),
    pids: new Map(
      [...all.matchAll(/^ +(\w+) +127.*pid (\d+)$/gm)].map(([, name = '', pid]) => [name, Number(pid)]),
    ),
  };
}

async function ask(url: string, count: number): Promise<Map<string, number>> {
  const answers = new Map<string, number>();
  for (let request = 0; request < count; request++) {
    const response = await fetch(url, { headers: { connection: 'close' } });
    const name = (await response.text()).trim();
    answers.set(name, (answers.get(name) ?? 0) + 1);
  }
  return answers;
}

async function end({ program, lines, socket, pids }: Demo, signal: NodeJS.Signals): Promise<void> {
  const exit = exitCode(program);
  program.kill(signal);
  await lineLike(lines, /^stopping$/);
  assert.equal(await exit, 0);
  assert.equal(existsSync(socket.replace(/\/run\/.*/, '')), false);
  for (const pid of pids.values()) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
}

describe('lvsd demo', () => {
  afterEach(killPrograms);

  it('shares by weight, loses no request when a server dies, takes it out and back, and leaves nothing', async () => {
    const demo = await startDemo();
    assert.deepEqual(Object.fromEntries(await ask(demo.url, 300)), { alpha: 180, beta: 60, gamma: 60 });

    process.kill(demo.pids.get('beta') ?? 0, 'SIGTERM');
    await lineLike(demo.lines, /server beta has ended/);
    await ask(demo.url, 50);
    await lineLike(demo.lines, /server-down .*web\/beta/);
    await lineLike(demo.lines, /server-removed .*web\/beta/);
    assert.deepEqual([...(await ask(demo.url, 40)).keys()].sort(), ['alpha', 'gamma']);
    const status = await cli(['status', '--socket', demo.socket]);
    assert.match(status.out, /beta .*- \(file: 1\) .*down .*ECONNREFUSED/);
    const metrics = await (await fetch(`${demo.admin}/metrics`)).text();
    assert.match(metrics, /^lvsd_server_up\{service="web",server="beta"\} 0$/m);
    assert.match(metrics, /^lvsd_service_retries_total\{service="web"\} [1-9]/m);

    demo.program.kill('SIGUSR2');
    await lineLike(demo.lines, /server beta runs again/);
    await lineLike(demo.lines, /server-up .*web\/beta/);
    await lineLike(demo.lines, /server-added .*web\/beta/);
    assert.equal((await ask(demo.url, 50)).get('beta'), 10);
    await end(demo, 'SIGINT');
  });

  it('loses no request of many clients at once when a server is told to end', async () => {
    const demo = await startDemo();
    let asking = true;
    const clients = Array.from({ length: 10 }, async () => {
      while (asking) await ask(demo.url, 1);
    });
    process.kill(demo.pids.get('alpha') ?? 0, 'SIGTERM');
    await lineLike(demo.lines, /server-removed .*web\/alpha/);
    asking = false;
    await Promise.all(clients);
    await end(demo, 'SIGINT');
  });

  it('says so when there is nothing to bring back, and waits for a server that is about to end', async () => {
    const demo = await startDemo();
    demo.program.kill('SIGUSR2');
    await lineLike(demo.lines, /^no server is dead/);
    process.kill(demo.pids.get('beta') ?? 0, 'SIGTERM');
    demo.program.kill('SIGUSR2');
    await lineLike(demo.lines, /server beta runs again/);
    await end({ ...demo, pids: new Map([...demo.pids].filter(([name]) => name !== 'beta')) }, 'SIGINT');
  });

  it('cleans up when its reader goes away', async () => {
    const demo = await startDemo();
    const exit = exitCode(demo.program);
    demo.program.stdout.destroy();
    process.kill(demo.pids.get('beta') ?? 0, 'SIGTERM');
    assert.equal(await exit, 0);
    assert.equal(existsSync(demo.socket.replace(/\/run\/.*/, '')), false);
  });

  it('ends servers that do not listen to SIGTERM', async () => {
    const demo = await startDemo();
    process.kill(demo.pids.get('alpha') ?? 0, 'SIGSTOP');
    await end(demo, 'SIGTERM');
  });

  it('runs twice side by side, started at once', async () => {
    const [first, second] = await Promise.all([startDemo(), startDemo()]);
    assert.notEqual(first.url, second.url);
    assert.notEqual(first.admin, second.admin);
    await end(first, 'SIGINT');
    await end(second, 'SIGINT');
  });
});
