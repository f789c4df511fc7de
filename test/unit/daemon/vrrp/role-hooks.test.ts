/** Programs that are told of roles: which, in which order, with which words; real children where the system is the point. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { realClock } from '../../../../src/base/clock.js';
import { HOOKS_END_MS, RoleHooks, type RoleNews } from '../../../../src/daemon/vrrp/role-hooks.js';
import { KILL_MS, type RunHook } from '../../../../src/daemon/vrrp/role-hook.js';
import type { RoleHooks as HookSettings } from '../../../../src/model/ha-hooks.js';
import type { SendResult } from '../../../../src/notices/sender.js';
import { runWords } from '../../../../src/notices/run-words.js';
import { FakeClock, settle } from '../../../support/fake-clock.js';
import { vrrpInstance } from '../../../support/vrrp-instance.js';

const OK: SendResult = { ok: true, detail: 'exit code 0' };

function hook(changes: Partial<HookSettings> = {}): HookSettings {
  return { kind: 'instance', name: 'vi', commands: { any: ['/any'] }, timeoutMs: 10_000, ...changes };
}

const single = (hooks: readonly HookSettings[]) => ({ instances: [vrrpInstance({ name: 'vi' })], hooks });

const grouped = (hooks: readonly HookSettings[]) => ({
  instances: [
    vrrpInstance({ name: 'a', group: 'both' }),
    vrrpInstance({ name: 'b', vrid: 52, group: 'both' }),
  ],
  hooks,
});

/** Programs that end when the test lets them. */
function create() {
  const clock = new FakeClock();
  const ran: string[] = [];
  const failures: string[] = [];
  const open: ((result: SendResult) => void)[] = [];
  let atOnce = 0;
  let most = 0;
  const run: RunHook = (words, _environment, signal) =>
    new Promise((resolve) => {
      ran.push(words.join(' '));
      most = Math.max(most, ++atOnce);
      const end = (result: SendResult): void => {
        atOnce--;
        resolve(result);
      };
      open.push(end);
      signal.addEventListener('abort', () =>
        end({
          ok: false,
          reason: `run ${words[0] ?? ''}: ${(signal.reason as Error).message}`,
          retryable: true,
        }),
      );
    });
  const hooks = new RoleHooks({
    clock,
    run,
    onFailure: (instance, message) => void failures.push(`${instance ?? '-'}: ${message}`),
  });
  const finish = async (result: SendResult = OK): Promise<void> => {
    open.shift()?.(result);
    await settle();
  };
  const say = (state: RoleNews['state'], instance = 'vi', priority = 150): void =>
    hooks.changed({ instance, state, priority, reason: 'because' });
  return { clock, hooks, ran, failures, finish, say, most: () => most };
}

describe('programs of an instance', () => {
  it('hear of each state by its own program, then by `any` with the four words of keepalived', async () => {
    const { hooks, ran, say, finish } = create();
    const commands = { active: ['/up', 'x'], any: ['/any', 'y'], stop: ['/gone'] };
    hooks.configure(single([hook({ commands })]));
    say('active');
    await settle();
    await finish();
    await finish();
    say('fault');
    await settle();
    await finish();
    say('initialize');
    await settle();
    await finish();
    await finish();
    assert.deepEqual(ran, [
      '/up x',
      '/any y INSTANCE vi MASTER 150',
      '/any y INSTANCE vi FAULT 150',
      '/gone',
      '/any y INSTANCE vi STOP 150',
    ]);
  });

  it('never run two at once, and hear the last state however fast states come', async () => {
    const { hooks, ran, say, finish, most } = create();
    hooks.configure(single([hook()]));
    say('backup');
    await settle();
    for (let count = 0; count < 50; count++) {
      say('active');
      say('backup');
    }
    say('active');
    await finish();
    await finish();
    assert.deepEqual(ran, ['/any INSTANCE vi BACKUP 150', '/any INSTANCE vi MASTER 150']);
    assert.equal(most(), 1);
  });

  it('are ended after their time, which is told, and the next state is told then', async () => {
    const { hooks, ran, say, clock, failures } = create();
    hooks.configure(single([hook({ timeoutMs: 3000 })]));
    say('backup');
    await settle();
    say('active');
    clock.advance(3000);
    await settle();
    assert.deepEqual(failures, ['vi: tell instance vi backup: run /any: no end within 3s']);
    assert.deepEqual(ran, ['/any INSTANCE vi BACKUP 150', '/any INSTANCE vi MASTER 150']);
  });

  it('are not run again when they fail', async () => {
    const { hooks, ran, say, finish, clock, failures } = create();
    hooks.configure(single([hook()]));
    say('active');
    await settle();
    await finish({ ok: false, reason: 'run /any: exit code 3: no', retryable: true });
    clock.advance(600_000);
    await settle();
    assert.deepEqual(failures, ['vi: tell instance vi active: run /any: exit code 3: no']);
    assert.equal(ran.length, 1);
  });

  it('leave the last state its half also when a state before has two programs that hang', async () => {
    const { hooks, ran, say, clock } = create();
    const commands = { active: ['/up'], any: ['/any'], stop: ['/gone'] };
    hooks.configure(single([hook({ commands, timeoutMs: 60_000 })]));
    say('active');
    await settle();
    say('initialize');
    const closing = hooks.close();
    clock.advance(HOOKS_END_MS / 2);
    await settle();
    assert.deepEqual(ran, ['/up', '/gone']);
    clock.advance(HOOKS_END_MS / 2);
    await closing;
  });

  it('have a bounded time at the end, of which the last state has half', async () => {
    const { hooks, ran, say, clock, failures } = create();
    hooks.configure(single([hook({ timeoutMs: 60_000 })]));
    say('active');
    await settle();
    say('initialize');
    let closed = false;
    const closing = hooks.close().then(() => (closed = true));
    clock.advance(HOOKS_END_MS / 2);
    await settle();
    assert.deepEqual(ran, ['/any INSTANCE vi MASTER 150', '/any INSTANCE vi STOP 150']);
    assert.equal(closed, false);
    clock.advance(HOOKS_END_MS / 2);
    await settle();
    await closing;
    assert.equal(failures.length, 2);
    assert.equal(clock.pending, 0);
  });

  it('hear of the stop of an instance that left the file, and of nothing after it', async () => {
    const { hooks, ran, say, finish } = create();
    hooks.configure(single([hook()]));
    say('active');
    await settle();
    await finish();
    hooks.configure({ instances: [], hooks: [] });
    say('initialize');
    await settle();
    await finish();
    say('backup');
    await settle();
    assert.deepEqual(ran, ['/any INSTANCE vi MASTER 150', '/any INSTANCE vi STOP 150']);
  });

  it('hear of nothing more when they alone left the file', async () => {
    const { hooks, ran, say, finish } = create();
    hooks.configure(single([hook()]));
    say('active');
    await settle();
    await finish();
    hooks.configure(single([]));
    say('backup');
    say('initialize');
    await settle();
    assert.deepEqual(ran, ['/any INSTANCE vi MASTER 150']);
  });

  it('hold the end up no longer than it lasts, also when they cannot be killed', async () => {
    const clock = new FakeClock();
    const failures: string[] = [];
    const hooks = new RoleHooks({
      clock,
      run: () => new Promise(() => undefined),
      onFailure: (_instance, message) => void failures.push(message),
    });
    hooks.configure(single([hook()]));
    hooks.changed({ instance: 'vi', state: 'active', priority: 150, reason: 'because' });
    await settle();
    hooks.changed({ instance: 'vi', state: 'initialize', priority: 150, reason: 'because' });
    let closed = false;
    void hooks.close().then(() => (closed = true));
    clock.advance(HOOKS_END_MS + KILL_MS);
    await settle();
    assert.equal(closed, true);
    assert.deepEqual(failures, ['tell instance vi stop: the director does not wait any longer']);
  });

  it('follow a reload from the next state on', async () => {
    const { hooks, ran, say, finish } = create();
    hooks.configure(single([hook()]));
    say('active');
    await settle();
    await finish();
    hooks.configure(single([hook({ commands: { any: ['/other'] } })]));
    await settle();
    assert.equal(ran.length, 1, 'a reload is no change of state');
    say('backup');
    await settle();
    assert.equal(ran[1], '/other INSTANCE vi BACKUP 150');
  });
});

describe('programs of a group', () => {
  it('hear that it is active when all are, and that it is backup when one is no more', async () => {
    const { hooks, ran, say, finish } = create();
    hooks.configure(grouped([hook({ kind: 'group', name: 'both' })]));
    const then = async (state: RoleNews['state'], instance: string): Promise<void> => {
      say(state, instance);
      await settle();
      await finish();
    };
    await then('backup', 'a');
    assert.equal(ran.length, 0, 'the other one has not started yet');
    await then('backup', 'b');
    await then('active', 'a');
    await then('active', 'b');
    await then('backup', 'b');
    await then('backup', 'a');
    await then('fault', 'a');
    await then('fault', 'b');
    await then('initialize', 'a');
    await then('initialize', 'b');
    assert.deepEqual(
      ran.map((words) => words.replace('/any GROUP both ', '')),
      ['BACKUP 0', 'MASTER 0', 'BACKUP 0', 'FAULT 0', 'STOP 0'],
    );
  });

  it('hear of nothing when they alone left the file, and of all of a group that is new', async () => {
    const { hooks, ran, say, finish } = create();
    hooks.configure(grouped([hook({ kind: 'group', name: 'both' })]));
    say('active', 'a');
    say('active', 'b');
    await settle();
    await finish();
    hooks.configure(grouped([]));
    await settle();
    assert.deepEqual(ran, ['/any GROUP both MASTER 0']);
    const { instances } = grouped([]);
    const renamed = instances.map((each) => ({ ...each, group: 'pair' }));
    hooks.configure({ instances: renamed, hooks: [hook({ kind: 'group', name: 'pair' })] });
    await settle();
    assert.deepEqual(ran.slice(1), ['/any GROUP pair MASTER 0']);
  });
});

describe('programs that are real', () => {
  it('get the words, the environment and nothing of a shell', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lvsd-hook-'));
    try {
      const program = join(folder, 'hook');
      const log = join(folder, 'log');
      await writeFile(
        program,
        `#!/bin/sh\nprintf '%s|' "$@" "$LVSD_INSTANCE" "$LVSD_ROLE" "$LVSD_PRIORITY" "$LVSD_MESSAGE" >> '${log}'\necho >> '${log}'\n`,
      );
      await chmod(program, 0o755);
      const failures: string[] = [];
      const unprivileged = { uid: 1000, mayDropRights: false, ambient: false, setpriv: null };
      const hooks = new RoleHooks({
        clock: realClock,
        onFailure: (_instance, message) => void failures.push(message),
        run: (words, environment, signal) => runWords(words, { environment }, unprivileged, signal),
      });
      hooks.configure(single([hook({ commands: { any: [program, 'a b; $(c)'] } })]));
      hooks.changed({ instance: 'vi', state: 'active', priority: 150, reason: 'nobody was heard' });
      await hooks.close();
      assert.deepEqual(failures, []);
      assert.equal(
        await readFile(log, 'utf8'),
        'a b; $(c)|INSTANCE|vi|MASTER|150|vi|active|150|nobody was heard|\n',
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are told of when they cannot be run', async () => {
    const failures: string[] = [];
    const hooks = new RoleHooks({
      clock: realClock,
      onFailure: (_instance, message) => void failures.push(message),
    });
    hooks.configure(single([hook({ commands: { fault: ['/nowhere/at/all'] } })]));
    hooks.changed({ instance: 'vi', state: 'fault', priority: 150, reason: 'interface eth0 is down' });
    await hooks.close();
    assert.equal(failures.length, 1);
    assert.match(
      failures[0] ?? '',
      /^tell instance vi fault: run \/nowhere\/at\/all: .*(no such|ENOENT|CAP_SETPCAP|setpriv)/,
    );
  });
});
