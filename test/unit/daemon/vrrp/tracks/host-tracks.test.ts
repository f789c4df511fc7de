/** The host itself: load, memory, file systems, clock. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClockSteps } from '../../../../../src/daemon/vrrp/tracks/clock-steps.js';
import { judgeFree, judgeLoad } from '../../../../../src/daemon/vrrp/tracks/host-limit.js';
import { systemHost } from '../../../../../src/daemon/vrrp/tracks/host-reader.js';
import { HostTracks } from '../../../../../src/daemon/vrrp/tracks/host-tracks.js';
import { mountOf } from '../../../../../src/daemon/vrrp/tracks/mount-of.js';
import type { HostLimit, HostTrack } from '../../../../../src/model/track.js';
import { FakeClock } from '../../../../support/fake-clock.js';
import { FakeTrackHost } from '../../../../support/fake-track-host.js';

/** The states of a row of values, each judged by the one before. */
function statesOf<Value>(
  values: readonly Value[],
  judge: (value: Value, wasBad: boolean) => { state: string },
) {
  let wasBad = false;
  return values.map((value) => {
    const { state } = judge(value, wasBad);
    wasBad = state === 'bad';
    return state;
  });
}

describe('a limit', () => {
  it('of the load is left only at some distance', () => {
    const states = statesOf([4, 4.01, 3.99, 3.61, 3.6, 4], (load, wasBad) =>
      judgeLoad({ of: 'load', above: 4 }, load, wasBad),
    );
    assert.deepEqual(states, ['good', 'bad', 'bad', 'bad', 'good', 'good']);
  });

  it('of what is free is left only at some distance', () => {
    const states = statesOf([0.1, 0.099, 0.1, 0.109, 0.111, 0.1], (free, wasBad) =>
      judgeFree({ of: 'disk', path: '/', free: 0.1 }, free, wasBad),
    );
    assert.deepEqual(states, ['good', 'bad', 'bad', 'bad', 'good', 'good']);
  });

  it('near the whole can be left', () => {
    assert.equal(judgeFree({ of: 'memory', free: 0.99 }, 0.996, true).state, 'good');
  });

  it('says what was found, and not that it is at the limit when it is not', () => {
    assert.equal(judgeLoad({ of: 'load', above: 4 }, 5.123, false).reason, '5.12 a processor, limit 4');
    assert.equal(
      judgeFree({ of: 'disk', path: '/', free: 0.05 }, 0.04999, false).reason,
      '4.9 % free, limit 5 %',
    );
    assert.equal(judgeFree({ of: 'memory', free: 0.05 }, 0.5, false).reason, '50 % available, limit 5 %');
  });
});

const MOUNTS = `22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/root rw,errors=remount-ro
23 22 259:3 / /var rw,relatime shared:2 master:3 - ext4 /dev/var ro,errors=remount-ro
24 22 0:30 / /home ro,nosuid - tmpfs none rw
25 22 0:31 / /mnt/a\\040b rw - xfs /dev/c rw
26 22 0:32 /systemd/inaccessible/dir /root ro - tmpfs tmpfs rw
27 23 0:33 / /var/lib rw - ext4 /dev/x rw
28 23 0:34 / /var/lib rw - ext4 /dev/y ro
`;

describe('mountOf', () => {
  const cases: readonly (readonly [path: string, at: string, isReadOnly: boolean, why: string])[] = [
    ['/', '/', false, 'the root'],
    ['/etc/lvsd', '/', false, 'below the root'],
    ['/var', '/var', true, 'the file system is read-only after an error'],
    ['/var/log', '/var', true, 'below that'],
    ['/variety', '/', false, 'a name that begins in the same way is another one'],
    ['/home/x', '/home', false, 'read-only for lvsd alone'],
    ['/mnt/a b/c', '/mnt/a b', false, 'blanks are written as numbers'],
    ['/var/lib/x', '/var/lib', true, 'the later one covers the one before'],
  ];
  for (const [path, at, isReadOnly, why] of cases)
    it(`finds the file system of ${path}: ${why}`, () => {
      const mount = mountOf(MOUNTS, path);
      assert.deepEqual([mount?.at, mount?.isReadOnly], [at, isReadOnly]);
    });

  it('finds nothing in nothing', () => {
    assert.equal(mountOf('', '/'), null);
    assert.equal(mountOf('22 1 259:2 /\n- - -', '/'), null);
  });
});

describe('ClockSteps', () => {
  it('sees a step ahead and one back, for a minute, each by its limit', () => {
    const steps = new ClockSteps();
    steps.look(0, 1_000_000);
    steps.look(1000, 1_001_000);
    assert.equal(steps.judge(100).state, 'good');
    steps.look(2000, 1_004_000);
    assert.deepEqual(steps.judge(1999), { state: 'bad', reason: 'the clock was set ahead by 2.00 s' });
    assert.equal(steps.judge(2000).state, 'good');
    steps.look(3000, 1_004_500);
    assert.deepEqual(steps.judge(100), { state: 'bad', reason: 'the clock was set back by 0.50 s' });
    steps.look(61_999, 1_063_499);
    assert.equal(steps.judge(1999).state, 'bad');
    steps.look(62_000, 1_063_500);
    assert.equal(steps.judge(1999).state, 'good', 'of the first one the minute is over');
    steps.look(63_000, 1_064_500);
    assert.equal(steps.judge(100).state, 'good');
  });

  it('sees none in a clock that is drawn, nor in a look that comes late', () => {
    const steps = new ClockSteps();
    for (let second = 0; second < 600; second++) steps.look(second * 1000, second * 1000.5);
    steps.look(700_000, 600 * 1000.5 + 100_000);
    assert.equal(steps.judge(10).state, 'good');
  });
});

function create(limits: readonly HostLimit[]) {
  const clock = new FakeClock();
  const host = new FakeTrackHost();
  const bad = new Set<string>();
  const last = new Map<string, string>();
  const tracks = limits.map((limit): HostTrack => ({
    kind: 'host',
    instance: 'vi',
    name: 'path' in limit ? `${limit.of} ${limit.path}` : limit.of,
    weight: null,
    limit,
  }));
  const watch = new HostTracks({
    clock,
    reader: host.reader,
    isBad: ({ name }) => bad.has(name),
    onSight: ({ name }, { state, reason }) => {
      if (state === 'bad') bad.add(name);
      else if (state === 'good') bad.delete(name);
      last.set(name, `${state}: ${reason}`);
    },
  });
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      await clock.advanceAsync(1000);
      watch.look();
      await clock.advanceAsync(0);
    }
  };
  watch.follow(tracks);
  return { clock, host, last, watch, pass };
}

describe('HostTracks', () => {
  it('reads at once, and then every five seconds', async () => {
    const { host, last, pass } = create([
      { of: 'load', above: 4 },
      { of: 'memory', free: 0.1 },
      { of: 'disk', path: '/', free: 0.1 },
    ]);
    await pass(0);
    await pass(1);
    assert.deepEqual(
      [...last.values()],
      ['good: 0.50 a processor, limit 4', 'good: 50 % available, limit 10 %', 'good: 50 % free, limit 10 %'],
    );
    host.load = 5;
    host.memory = 0.01;
    host.disks.set('/', { free: 0.01 });
    await pass(3);
    assert.match(last.get('load') ?? '', /^good/);
    await pass(1);
    assert.deepEqual(
      [...last.values()],
      ['bad: 5.00 a processor, limit 4', 'bad: 1 % available, limit 10 %', 'bad: 1 % free, limit 10 %'],
    );
  });

  it('sees the clock set within a second', async () => {
    const { clock, last, pass } = create([{ of: 'clock_step', aboveMs: 500 }]);
    await pass(3);
    assert.equal(last.get('clock_step'), 'good: no step');
    clock.jumpWall(-3_600_000);
    await pass(1);
    assert.equal(last.get('clock_step'), 'bad: the clock was set back by 3600.00 s');
    await pass(59);
    assert.match(last.get('clock_step') ?? '', /^bad/);
    await pass(1);
    assert.equal(last.get('clock_step'), 'good: no step');
  });

  it('sees no step of a time in which it did not watch', async () => {
    const { clock, last, watch, pass } = create([{ of: 'clock_step', aboveMs: 500 }]);
    await pass(1);
    watch.follow([]);
    clock.jumpWall(5000);
    watch.follow([
      { kind: 'host', instance: 'vi', name: 'step', weight: null, limit: { of: 'clock_step', aboveMs: 500 } },
    ]);
    await pass(1);
    assert.equal(last.get('step'), 'good: no step');
  });

  it('has no news of load and memory that cannot be read', async () => {
    const { host, last, pass } = create([
      { of: 'load', above: 4 },
      { of: 'memory', free: 0.1 },
    ]);
    host.load = new Error('EMFILE: too many open files');
    host.memory = new Error('there is no MemAvailable in /proc/meminfo');
    await pass(5);
    assert.deepEqual(
      [...last.values()],
      ['unknown: EMFILE: too many open files', 'unknown: there is no MemAvailable in /proc/meminfo'],
    );
  });

  it('takes a file system that fails for a bad one, and knows one that lvsd may not see', async () => {
    const { host, last, pass } = create([
      { of: 'disk', path: '/gone', free: 0.1 },
      { of: 'read_only', path: '/gone' },
      { of: 'read_only', path: '/data' },
      { of: 'disk', path: '/home', free: 0.1 },
    ]);
    host.disks.set('/data', { isReadOnly: true });
    host.disks.set('/home', { isHidden: true });
    await pass(5);
    assert.match(last.get('disk /gone') ?? '', /^bad: ENOENT/);
    assert.match(last.get('read_only /gone') ?? '', /^bad: ENOENT/);
    assert.equal(last.get('read_only /data'), 'bad: its file system is read-only');
    assert.match(last.get('disk /home') ?? '', /^unknown: hidden from lvsd by its unit/);
    host.disks.set('/data', {});
    await pass(5);
    assert.equal(last.get('read_only /data'), 'good: its file system can be written');
  });

  it('asks one file system at a time, each once a round, and says who is silent', async () => {
    const { host, last, pass } = create([
      { of: 'disk', path: '/', free: 0.1 },
      { of: 'read_only', path: '/' },
      { of: 'disk', path: '/nfs', free: 0.1 },
      { of: 'disk', path: '/data', free: 0.1 },
    ]);
    host.disks.set('/nfs', {}).set('/data', {});
    await pass(1);
    assert.deepEqual(host.askedDisks, ['/', '/nfs', '/data']);
    host.disks.set('/nfs', 'silent');
    await pass(4);
    host.askedDisks.length = 0;
    await pass(5);
    assert.match(last.get('disk /nfs') ?? '', /^good/, 'a disk that sleeps needs some seconds');
    await pass(5);
    assert.deepEqual(
      [...last].map(([name, text]) => `${name} ${text}`),
      [
        'disk / unknown: not asked: the file system of /nfs does not answer',
        'read_only / unknown: not asked: the file system of /nfs does not answer',
        'disk /nfs bad: no answer for 10 s',
        'disk /data unknown: not asked: the file system of /nfs does not answer',
      ],
    );
    assert.deepEqual(host.askedDisks, [], 'the one that is asked holds a thread, and no further one');
  });

  it('reads this host', async () => {
    assert.ok((await systemHost.load()) >= 0);
    const memory = await systemHost.memory();
    assert.ok(memory > 0 && memory < 1);
    const { free, isHidden } = await systemHost.disk('/');
    assert.ok(free >= 0 && free <= 1);
    assert.equal(isHidden, false);
    assert.equal((await systemHost.disk('/proc/self')).free, 1, 'what has no blocks is never full');
    await assert.rejects(systemHost.disk('/there/is/no/such/folder'), { code: 'ENOENT' });
  });
});
