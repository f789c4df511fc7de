import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { realClock } from '../../src/base/clock.js';
import { planLaunch, type Rights } from '../../src/base/launch.js';
import { ExecChecker } from '../../src/health/checkers/exec.js';
import { ExternalChecker } from '../../src/health/checkers/external.js';
import { FileChecker } from '../../src/health/checkers/file.js';
import { ExternalResults } from '../../src/health/external-results.js';
import type { ProbeResult } from '../../src/health/types.js';
import { FakeClock } from '../support/fake-clock.js';
import { leavesNothingOpen, processesWith } from './support/descriptors.js';
import { probe } from './support/loopback.js';

const ordinary: Rights = { uid: 1000, mayDropRights: false, ambient: false, setpriv: null };

function run(command: readonly string[], timeoutMs?: number, rights = ordinary): Promise<ProbeResult> {
  const settings = { command, address: '192.0.2.1', port: 80, name: 'a' };
  const checker = new ExecChecker(settings, () => Promise.resolve(rights));
  return leavesNothingOpen(() => probe(checker, timeoutMs));
}

const sh = (script: string): readonly string[] => ['/bin/sh', '-c', script];
const failed = (reason: string): ProbeResult => ({ ok: false, reason: `exec /bin/sh: ${reason}` });

/** What is killed is there for a moment longer. */
async function noneLeft(mark: string): Promise<void> {
  const endMs = realClock.nowMs() + 2000;
  while (processesWith(`sleep\0${mark}`).length > 0 && realClock.nowMs() < endMs) await setImmediate();
  assert.deepEqual(processesWith(`sleep\0${mark}`), []);
}

describe('ExecChecker', () => {
  it('is content with exit code 0, and shows the first line', async () => {
    assert.deepEqual(await run(sh('exit 0')), { ok: true, detail: 'exit code 0' });
    assert.deepEqual(await run(sh('echo; echo " ready "; echo more')), {
      ok: true,
      detail: 'exit code 0: ready',
    });
  });

  it('names the exit code or signal, and the first line of either output', async () => {
    assert.deepEqual(await run(sh('echo lag 12s >&2; exit 3')), failed('exit code 3: lag 12s'));
    assert.deepEqual(await run(sh('kill -TERM $$')), failed('killed by SIGTERM'));
  });

  it('takes exit codes 2..255 for a weight where it is told to, as keepalived does', async () => {
    const dynamic = (script: string): Promise<ProbeResult> => {
      const settings = {
        command: sh(script),
        address: '192.0.2.1',
        port: 80,
        name: 'a',
        dynamicWeight: true,
      };
      return leavesNothingOpen(() => probe(new ExecChecker(settings, () => Promise.resolve(ordinary))));
    };
    const weighs = (weight: number, detail = `weight ${weight}`): ProbeResult => ({
      ok: true,
      detail,
      load: { weight, share: 1 },
    });
    assert.deepEqual(await dynamic('exit 0'), { ok: true, detail: 'exit code 0' });
    assert.deepEqual(await dynamic('exit 1'), failed('exit code 1'));
    assert.deepEqual(await dynamic('exit 2'), weighs(0));
    assert.deepEqual(await dynamic('echo half busy; exit 42'), weighs(40, 'weight 40: half busy'));
    assert.deepEqual(await dynamic('exit 255'), weighs(253));
    assert.deepEqual(await dynamic('kill -TERM $$'), failed('killed by SIGTERM'));
  });

  it('names a program that cannot be started', async () => {
    assert.deepEqual(await run(['/nonexistent/x']), {
      ok: false,
      reason: 'exec /nonexistent/x: start: ENOENT',
    });
    assert.deepEqual(await run(['/etc/passwd']), { ok: false, reason: 'exec /etc/passwd: start: EACCES' });
  });

  it('blames no server, and lives on, when the director has no descriptor left for the program', async () => {
    const limit = (soft: string): Buffer =>
      execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${soft}:`]);
    const before = /Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '1024';
    const settings = { command: sh('exit 0'), address: '192.0.2.1', port: 80, name: 'a' };
    const checker = new ExecChecker(settings, () => Promise.resolve(ordinary));
    const taken: number[] = [];
    limit('128');
    try {
      assert.throws(
        () => {
          for (;;) taken.push(openSync('/dev/null', 'r'));
        },
        { code: 'EMFILE' },
      );
      assert.deepEqual(await probe(checker), { ok: null, reason: 'exec /bin/sh: start: EMFILE' });
    } finally {
      for (const fd of taken) closeSync(fd);
      limit(before);
    }
    assert.deepEqual(await probe(checker), { ok: true, detail: 'exit code 0' });
  });

  it('gives the program words without a shell, a clean environment, no input and the folder /', async () => {
    process.env['LVSD_TEST_LEAK'] = 'secret';
    const script = 'echo "$1|$LVSD_ADDRESS|$LVSD_PORT|$LVSD_SERVER|$LVSD_TEST_LEAK|$HOME|$(pwd)|$(cat)"';
    const result = await run(['/bin/sh', '-c', script, 'x', '$(id) *']);
    assert.deepEqual(result, { ok: true, detail: 'exit code 0: $(id) *|192.0.2.1|80|a|||/|' });
  });

  it('kills the program and all that it started at the timeout', async () => {
    const mark = `31${process.pid}`;
    assert.deepEqual(await run(sh(`sleep ${mark} & sleep ${mark}`), 150), failed('timeout after 150ms'));
    await noneLeft(mark);
  });

  it('kills what a program leaves behind, also when that holds its output', async () => {
    const mark = `32${process.pid}`;
    assert.deepEqual(await run(sh(`sleep ${mark} & echo left`), 3000), {
      ok: true,
      detail: 'exit code 0: left',
    });
    await noneLeft(mark);
  });

  it('tells of a process that left the group and holds the output', async () => {
    const mark = `33${process.pid}`;
    const folder = mkdtempSync(join(tmpdir(), 'lvsd-test-exec-'));
    try {
      const fifo = join(folder, 'fifo');
      // The program ends when the other process has left its group, and not before.
      const script = `mkfifo ${fifo}; setsid sh -c 'echo gone >${fifo}; exec sleep ${mark}' & read x <${fifo}`;
      const result = await run(sh(script), 1000);
      assert.deepEqual(result, failed('what it started holds its output open: timeout after 1s'));
    } finally {
      for (const pid of processesWith(`sleep\0${mark}`)) process.kill(Number(pid), 'SIGKILL');
      rmSync(folder, { recursive: true });
    }
  });

  it('ends a program that floods', async () => {
    assert.deepEqual(await run(sh('yes'), 5000), failed('more than 65536 bytes of output, killed'));
  });

  it('starts nothing when the abort came first', async () => {
    const abort = new AbortController();
    abort.abort(new Error('timeout after 1s'));
    const settings = { command: sh('exit 0'), address: '192.0.2.1', port: 80, name: 'a' };
    const checker = new ExecChecker(settings, () => Promise.resolve(ordinary));
    assert.deepEqual(await checker.probe(abort.signal), failed('timeout after 1s'));
  });

  it('refuses as root what it cannot take the rights from, with the cure', async () => {
    const root = { uid: 0, mayDropRights: true, ambient: false, setpriv: '/usr/bin/setpriv' };
    const reason = async (rights: Rights, command = sh('exit 0')): Promise<string> => {
      const result = await run(command, undefined, rights);
      return 'reason' in result ? result.reason : 'up';
    };
    assert.match(await reason({ ...root, setpriv: null }), /setpriv is missing.*apt-get install util-linux$/);
    assert.match(await reason({ ...root, mayDropRights: false }), /CAP_SETPCAP.*CapabilityBoundingSet=$/);
    assert.match(await reason(root, [join(tmpdir(), 'x')]), /the program is not trusted: /);
    assert.match(
      await reason(root, ['/usr/nonexistent/bin/x']),
      /there is no such program: \/usr\/nonexistent does not exist \(ENOENT\)$/,
    );
  });

  it(
    'takes all rights from the program when the director is root',
    { skip: process.getuid?.() !== 0 },
    async () => {
      const settings = {
        command: ['/bin/grep', '-E', '^(CapPrm|NoNewPrivs)', '/proc/self/status'],
        address: '::1',
        port: 1,
        name: 'a',
      };
      const result = await leavesNothingOpen(() => probe(new ExecChecker(settings)));
      assert.deepEqual(result, {
        ok: true,
        detail: 'exit code 0: CapPrm:\t0000000000000000'.replace('\t', ' '),
      });
    },
  );
});

describe('ExecChecker by way of setpriv', () => {
  it('lets a program inherit nothing from a director that has capabilities without being root', async () => {
    const rights: Rights = { uid: 1000, mayDropRights: false, ambient: true, setpriv: '/usr/bin/setpriv' };
    const launch = await planLaunch(['/bin/check', 'a'], rights);
    assert.deepEqual(launch, {
      file: '/usr/bin/setpriv',
      words: ['--ambient-caps=-all', '--inh-caps=-all', '--no-new-privs', '--', '/bin/check', 'a'],
      drops: true,
    });
    const without = await planLaunch(['/bin/check'], { ...rights, setpriv: null });
    assert.match('fault' in without ? without.fault : '', /^setpriv is missing/);
  });

  it('does not blame the server when setpriv itself is not permitted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvsd-test-setpriv-'));
    try {
      const setpriv = join(folder, 'setpriv');
      const script = '#!/bin/sh\necho "setpriv: apply capabilities: Operation not permitted" >&2\nexit 1\n';
      writeFileSync(setpriv, script, { mode: 0o755 });
      assert.deepEqual(
        await run(['/bin/true'], undefined, { uid: 0, mayDropRights: true, ambient: false, setpriv }),
        {
          ok: null,
          reason: 'exec /bin/true: setpriv: apply capabilities: Operation not permitted',
        },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('starts no program as root by a link that others could change', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvsd-test-link-'));
    try {
      chmodSync(folder, 0o777);
      const link = join(folder, 'check');
      symlinkSync('/bin/true', link);
      const result = await run([link], undefined, {
        uid: 0,
        mayDropRights: true,
        ambient: false,
        setpriv: '/bin/true',
      });
      assert.ok('reason' in result && result.ok === null, JSON.stringify(result));
      assert.match(
        result.reason,
        /the program is not trusted: \S+ (is writable by others than|belongs to uid)/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('FileChecker', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lvsd-test-file-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function look(
    mode: 'flag' | 'state' | 'weight',
    content: string | null,
    name = 'flag',
  ): Promise<ProbeResult> {
    const path = join(folder, name);
    rmSync(path, { force: true });
    if (content !== null) writeFileSync(path, content);
    const result = await leavesNothingOpen(() => probe(new FileChecker({ path, mode })));
    return 'reason' in result ? { ok: result.ok, reason: result.reason.replace(path, 'F') } : result;
  }

  const load = (weight: number | null, share: number) => ({ load: { weight, share } });
  const cases: { mode: 'flag' | 'state' | 'weight'; content: string | null; result: ProbeResult }[] = [
    { mode: 'weight', content: '40\n', result: { ok: true, detail: '40', ...load(40, 1) } },
    { mode: 'weight', content: '0 for now', result: { ok: true, detail: '0: for now', ...load(0, 1) } },
    { mode: 'weight', content: '75% busy', result: { ok: true, detail: '75%: busy', ...load(null, 0.75) } },
    { mode: 'weight', content: 'up', result: { ok: true, detail: 'up', ...load(null, 1) } },
    { mode: 'weight', content: 'down disk', result: { ok: false, reason: 'file F: down: disk' } },
    { mode: 'weight', content: null, result: { ok: false, reason: 'file F: is missing' } },
    ...['65536', '1001%', '-1', '3.5', '%'].map((content) => ({
      mode: 'weight' as const,
      content,
      result: {
        ok: false as const,
        reason: `file F: begins with "${content}", expected a weight, a percentage, up or down`,
      },
    })),
    {
      mode: 'state',
      content: '40\n',
      result: { ok: false, reason: 'file F: begins with "40", expected up or down' },
    },
    { mode: 'flag', content: null, result: { ok: true, detail: 'no flag' } },
    { mode: 'flag', content: '', result: { ok: false, reason: 'file F: is there' } },
    {
      mode: 'flag',
      content: 'kernel update\nby me',
      result: { ok: false, reason: 'file F: is there: kernel update' },
    },
    { mode: 'state', content: 'up\n', result: { ok: true, detail: 'up' } },
    { mode: 'state', content: 'up all is well', result: { ok: true, detail: 'up: all is well' } },
    { mode: 'state', content: 'down lag 30s\n', result: { ok: false, reason: 'file F: down: lag 30s' } },
    { mode: 'state', content: null, result: { ok: false, reason: 'file F: is missing' } },
    { mode: 'state', content: '\n', result: { ok: false, reason: 'file F: is empty' } },
    {
      mode: 'state',
      content: 'UP',
      result: { ok: false, reason: 'file F: begins with "UP", expected up or down' },
    },
  ];
  for (const { mode, content, result } of cases)
    it(`reads ${mode} ${JSON.stringify(content)}`, async () =>
      assert.deepEqual(await look(mode, content), result));

  it('takes nothing but regular files, and does not wait for a pipe', async () => {
    const folderPath = join(folder, 'd');
    mkdirSync(folderPath);
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of [folderPath, pipe])
      for (const mode of ['flag', 'state'] as const)
        assert.deepEqual(await leavesNothingOpen(() => probe(new FileChecker({ path, mode }), 2000)), {
          ok: false,
          reason: `file ${path}: is no regular file`,
        });
  });

  it('fails with the reason of the abort', async () => {
    const abort = new AbortController();
    abort.abort(new Error('timeout after 1s'));
    const path = join(folder, 'none');
    assert.deepEqual(await new FileChecker({ path, mode: 'flag' }).probe(abort.signal), {
      ok: false,
      reason: `file ${path}: timeout after 1s`,
    });
  });
});

describe('ExternalChecker', () => {
  it('follows what was told, until that is too old', async () => {
    const clock = new FakeClock();
    const results = new ExternalResults(clock);
    const key = '10.0.0.1:80';
    const checker = new ExternalChecker(results, clock, key, 30_000);
    const said = (): Promise<ProbeResult> => checker.probe();
    const down = (reason: string): ProbeResult => ({ ok: false, reason: `external ${key}: ${reason}` });
    assert.deepEqual(await said(), { ok: null, reason: `external ${key}: no result was told yet` });
    clock.advance(30_001);
    assert.deepEqual(await said(), down('no result was told for 30s'));
    results.set(key, { ok: true, reason: '' });
    assert.deepEqual(await said(), { ok: true, detail: 'told up' });
    results.set(key, { ok: false, reason: 'lag\n9s' });
    assert.deepEqual(await said(), down('told down: lag 9s'));
    results.set(key, { ok: true, reason: 'fine' });
    clock.advance(30_000);
    assert.deepEqual(await said(), { ok: true, detail: 'told up: fine' });
    clock.advance(1);
    assert.deepEqual(await said(), down('the last result is older than 30s'));
  });

  it('waits for a result of its own time when the server comes back to the file', async () => {
    const clock = new FakeClock();
    const results = new ExternalResults(clock);
    const key = '10.0.0.1:80';
    results.set(key, { ok: true, reason: '' });
    clock.advance(3_600_000);
    const checker = new ExternalChecker(results, clock, key, 30_000);
    const told = (reason: string): string => `external ${key}: ${reason}`;
    assert.deepEqual(await checker.probe(), { ok: null, reason: told('no result was told yet') });
    clock.advance(30_001);
    assert.deepEqual(await checker.probe(), { ok: false, reason: told('no result was told for 30s') });
  });
});
