/** Processes that are found by name. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { hasName, parseStat, programOf } from '../../../../../src/daemon/vrrp/tracks/process-names.js';
import { openProcessTable } from '../../../../../src/daemon/vrrp/tracks/process-table.js';
import { ProcessTracks } from '../../../../../src/daemon/vrrp/tracks/process-track.js';
import { FakeClock } from '../../../../support/fake-clock.js';
import { FakeTrackHost } from '../../../../support/fake-track-host.js';

const STAT =
  '812 (nginx) S 1 812 812 0 -1 4194624 295 0 1 0 0 0 0 0 20 0 1 0 5130 11354112 1422 18446744073709551615';

describe('parseStat', () => {
  it('reads name, state and start', () => {
    assert.deepEqual(parseStat(STAT), { name: 'nginx', isAlive: true, started: '5130' });
  });

  it('takes blanks and parentheses for a part of the name', () => {
    assert.equal(parseStat(STAT.replace('(nginx)', '(a) S (b c)'))?.name, 'a) S (b c');
  });

  it('knows those that have ended and wait for their parent', () => {
    assert.deepEqual(
      ['R', 'D', 'T', 'I', 'Z', 'X'].map((state) => parseStat(STAT.replace(') S', `) ${state}`))?.isAlive),
      [true, true, true, true, false, false],
    );
  });

  it('takes what is cut off for nothing', () => {
    for (let length = 0; length < STAT.indexOf('5130'); length++)
      assert.equal(parseStat(STAT.slice(0, length)), null, STAT.slice(0, length));
  });
});

describe('hasName', () => {
  const cases: readonly (readonly [wanted: string, name: string, cmdline: string, is: boolean])[] = [
    ['nginx', 'nginx', 'nginx: master process /usr/sbin/nginx\0', true],
    ['node', 'MainThread', '/usr/bin/node\0server.js\0', true],
    ['server.js', 'MainThread', '/usr/bin/node\0server.js\0', false],
    ['bash', 'x', '-bash\0', true],
    ['a-long-name-of-a-program', 'a-long-name-of-', '/opt/a-long-name-of-a-program\0', true],
    ['a-long-name-of-another', 'a-long-name-of-', '/opt/a-long-name-of-a-program\0', false],
    ['a-long-name-of-', 'a-long-name-of-', '/opt/a-long-name-of-a-program\0', true],
    ['kworker/0:1', 'kworker/0:1', '', true],
    ['ngin', 'nginx', 'nginx\0', false],
  ];
  for (const [wanted, name, cmdline, is] of cases)
    it(`${is ? 'finds' : 'does not find'} ${wanted} in ${name}, ${JSON.stringify(cmdline)}`, () => {
      assert.equal(hasName(wanted, name, programOf(cmdline)), is);
    });
});

function create() {
  const clock = new FakeClock();
  const host = new FakeTrackHost();
  const seen: string[] = [];
  const tracks = new ProcessTracks({
    clock,
    table: host.processes,
    onSight: (name, { state, reason }) => void seen.push(`${name} ${state}: ${reason}`),
  });
  const look = (): readonly string[] => {
    seen.length = 0;
    tracks.look();
    clock.advance(1000);
    return [...seen];
  };
  return { clock, host, seen, tracks, look };
}

describe('ProcessTracks', () => {
  it('says at once who runs and who does not', () => {
    const { host, tracks, seen } = create();
    host.running.set(7, { name: 'nginx' });
    tracks.follow(['nginx', 'haproxy']);
    assert.deepEqual(seen, ['nginx good: pid 7', 'haproxy bad: no process has that name']);
  });

  it('reads one process a look while it lives', () => {
    const { host, tracks, look } = create();
    for (let pid = 100; pid < 1100; pid++) host.running.set(pid, { name: 'worker' });
    host.running.set(7, { name: 'nginx' });
    tracks.follow(['nginx']);
    look();
    host.reads.length = 0;
    assert.deepEqual(look(), ['nginx good: pid 7']);
    assert.deepEqual(host.reads, ['stat 7']);
  });

  it('sees that one has ended, and that it came back', () => {
    const { host, tracks, look } = create();
    host.running.set(7, { name: 'nginx' });
    tracks.follow(['nginx']);
    look();
    host.running.delete(7);
    assert.deepEqual(look(), ['nginx bad: no process has that name']);
    host.running.set(9, { name: 'nginx' });
    assert.deepEqual(look(), ['nginx good: pid 9']);
  });

  it('goes by another one of the name when one ends', () => {
    const { host, tracks, look } = create();
    host.running.set(7, { name: 'nginx' });
    host.running.set(8, { name: 'nginx' });
    tracks.follow(['nginx']);
    host.running.delete(7);
    assert.deepEqual(look(), ['nginx good: pid 8']);
  });

  it('does not take one that has ended and waits for its parent for one that runs', () => {
    const { host, tracks, look } = create();
    host.running.set(7, { name: 'nginx' });
    tracks.follow(['nginx']);
    host.running.set(7, { name: 'nginx', state: 'Z' });
    assert.deepEqual(look(), ['nginx bad: no process has that name']);
  });

  it('does not take one for another that has its number now', () => {
    const { host, tracks, look } = create();
    host.running.set(7, { name: 'nginx', started: 50 });
    tracks.follow(['nginx']);
    host.running.set(7, { name: 'vim', started: 60 });
    assert.deepEqual(look(), ['nginx bad: no process has that name']);
    host.running.set(7, { name: 'nginx', started: 70 });
    assert.deepEqual(look(), ['nginx good: pid 7']);
  });

  it('sees that one has become another program', () => {
    const { host, tracks, look } = create();
    host.running.set(7, { name: 'sh' });
    tracks.follow(['nginx']);
    look();
    host.running.set(7, { name: 'nginx' });
    assert.deepEqual(look(), ['nginx good: pid 7']);
    host.running.set(7, { name: 'sleep' });
    assert.deepEqual(look(), ['nginx bad: no process has that name']);
  });

  it('goes through ten thousand in slices, and then rests for nine times as long', () => {
    const { clock, host, tracks, seen } = create();
    for (let pid = 100; pid < 10_100; pid++) host.running.set(pid, { name: 'worker' });
    const quick = host.processes.stat.bind(host.processes);
    // 10 µs each, 0.1 s for all
    Object.assign(host.processes, {
      stat: (pid: number) => {
        clock.stall(0.01);
        return quick(pid);
      },
    });
    const turns: number[] = [];
    let before = 0;
    const after = clock.after.bind(clock);
    Object.assign(clock, {
      after: (delayMs: number, callback: () => void) => {
        turns.push(host.reads.length - before);
        before = host.reads.length;
        return after(delayMs, callback);
      },
    });
    tracks.follow(['nginx']);
    assert.deepEqual(seen, [], 'nothing is said of a part');
    while (clock.pending > 0) clock.advance(1);
    assert.deepEqual(seen, ['nginx bad: no process has that name']);
    assert.ok(
      turns.length >= 50 && Math.max(...turns) <= 400,
      `reads between two turns: ${Math.max(...turns)}`,
    );
    const readsOfAll = host.reads.length;
    tracks.look();
    clock.advance(800);
    tracks.look();
    assert.equal(host.reads.length, readsOfAll, 'it rests');
    clock.advance(200);
    tracks.look();
    assert.ok(host.reads.length > readsOfAll, 'a second after it began it may look again');
  });

  it('reads the arguments of each once', () => {
    const { host, tracks, look } = create();
    for (let pid = 100; pid < 110; pid++) host.running.set(pid, { name: 'worker' });
    tracks.follow(['nginx']);
    host.reads.length = 0;
    look();
    assert.deepEqual(
      host.reads.filter((read) => read.startsWith('cmdline')),
      [],
    );
  });

  it('has no news when /proc cannot be read, or hides others', () => {
    const { host, tracks, look } = create();
    host.running.set(7, { name: 'nginx' });
    tracks.follow(['nginx']);
    host.processFault = new Error('EMFILE: too many open files');
    assert.deepEqual(look(), ['nginx unknown: read /proc: EMFILE: too many open files']);
    host.processFault = null;
    assert.deepEqual(look(), ['nginx good: pid 7']);
    host.running.clear();
    assert.match(look().join(), /^nginx unknown: processes of others are hidden from lvsd/);
  });

  it('looks for a name that a reload brings, and leaves no timer behind', () => {
    const { clock, host, tracks, seen } = create();
    for (let pid = 100; pid < 1000; pid++) host.running.set(pid, { name: 'worker' });
    tracks.follow(['nginx']);
    tracks.follow(['nginx', 'worker']);
    clock.advance(1);
    assert.deepEqual(seen, ['nginx bad: no process has that name', 'worker good: pid 100']);
    tracks.follow(['another']);
    tracks.close();
    assert.equal(clock.pending, 0);
  });
});

describe('the processes of this host', () => {
  it('shows one that runs, by its name and by its first argument, and that it has ended', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lvsd-test-'));
    try {
      const program = join(folder, 'lvsd-tracked-by-a-test');
      await copyFile('/bin/sleep', program);
      const child = spawn(program, ['60'], { argv0: '/somewhere/lvsd-alias', stdio: 'ignore' });
      await once(child, 'spawn');
      const table = openProcessTable();
      const pid = child.pid ?? 0;
      assert.ok(table.pids().includes(pid));
      assert.equal(parseStat(table.stat(pid) ?? '')?.name, 'lvsd-tracked-by');
      assert.equal(programOf(table.cmdline(pid) ?? ''), 'lvsd-alias');
      child.kill();
      await once(child, 'exit');
      assert.equal(table.stat(pid), null);
      assert.equal(table.cmdline(pid), null);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
