/** The director's side of lvsd-vrrp: what it is told, what becomes of its end, what is known of roles. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventLog } from '../../../../src/controller/event-log.js';
import { HaSide } from '../../../../src/daemon/vrrp/ha-side.js';
import { SILENT_BEATS } from '../../../../src/daemon/vrrp/vrrp-process.js';
import { HEARTBEAT_MS } from '../../../../src/ha/messages.js';
import { FakeClock, settle } from '../../../support/fake-clock.js';
import type { InstanceTracks } from '../../../../src/ha/messages.js';
import { FakeHaHost, haSettings, vrrpRole } from '../../../support/fake-vrrp.js';
import { vip, vrrpInstance } from '../../../support/vrrp-instance.js';

const shop = vrrpInstance({ name: 'vi_shop' });
const blog = vrrpInstance({
  name: 'vi_blog',
  vrid: 52,
  addresses: [vip('192.0.2.11/24'), vip('10.0.1.254/24', { interface: 'eth1' })],
});

function create({
  host = new FakeHaHost(),
  programmed = (): boolean => true,
  tracked = [] as readonly InstanceTracks[],
} = {}) {
  const clock = new FakeClock();
  const events = new EventLog(clock);
  const logged: string[] = [];
  const log = (message: unknown): void => void logged.push(String(message));
  const side = new HaSide({
    clock,
    random: () => 0,
    events,
    logger: { error: log, warn: log },
    host,
    programmed,
    tracks: { told: tracked, status: [] },
    onActive: () => void logged.push('became active'),
    sync: () => null,
    onRoles: () => undefined,
  });
  const told = (): string[] => events.since(0).events.map(({ type, message }) => `${type}: ${message}`);
  return { clock, events, logged, side, host, told };
}

async function started(setup = create()) {
  await setup.side.follow(haSettings([shop, blog]));
  setup.host.child.say({ kind: 'ready', shortcomings: [] });
  return setup;
}

describe('a director without ha', () => {
  it('starts nothing, locks nothing and has no status', async () => {
    const locked: string[] = [];
    const host = new FakeHaHost(() => {
      locked.push('lock');
      return Promise.resolve({ release: () => Promise.resolve() });
    });
    const { side, clock } = create({ host });
    await side.lock(null);
    await side.follow(null);
    await side.close();
    await side.release();
    assert.deepEqual(host.children, []);
    assert.deepEqual(locked, []);
    assert.equal(side.status, null);
    assert.equal(clock.pending, 0);
  });
});

describe('lvsd-vrrp', () => {
  it('is told that the director lives, then its configuration', async () => {
    const { host } = await started();
    const [first, second] = host.child.heard;
    assert.deepEqual(first, { kind: 'heartbeat', programmed: true, tracks: [] });
    assert.deepEqual(second, {
      kind: 'configure',
      instances: [shop, blog],
      onCrash: 'release',
      stallLimitMs: 30_000,
      witness: [],
    });
  });

  it('hears a heartbeat every second, each with what is true then', async () => {
    let programmed = false;
    const { host, clock } = await started(create({ programmed: () => programmed }));
    assert.equal(host.child.last('heartbeat')?.programmed, false);
    const before = host.child.heard.length;
    programmed = true;
    clock.advance(HEARTBEAT_MS * 3);
    assert.equal(host.child.heard.length, before + 3);
    assert.equal(host.child.last('heartbeat')?.programmed, true);
  });

  it('hears at once that the table has changed', async () => {
    let programmed = false;
    const { host, side, clock } = await started(create({ programmed: () => programmed }));
    programmed = true;
    side.changed();
    assert.equal(host.child.last('heartbeat')?.programmed, true);
    const before = host.child.heard.length;
    clock.advance(HEARTBEAT_MS - 1);
    assert.equal(host.child.heard.length, before, 'the next one is due a second after that');
  });

  it('hears what a new instance depends on before it hears of the instance', async () => {
    const tracked: InstanceTracks[] = [];
    const { host, side } = await started(create({ tracked }));
    const before = host.child.heard.length;
    tracked.push({
      instance: 'vi_new',
      faults: ['process nginx: no process of that name'],
      weight: 0,
      waits: false,
    });
    await side.follow(haSettings([shop, blog, vrrpInstance({ name: 'vi_new', vrid: 53 })]));
    assert.deepEqual(
      host.child.heard.slice(before).map(({ kind }) => kind),
      ['heartbeat', 'configure'],
    );
    assert.deepEqual(host.child.last('heartbeat')?.tracks, tracked);
  });

  it('gets another configuration in place', async () => {
    const { host, side } = await started();
    await side.follow(haSettings([{ ...shop, priority: 50 }], { onCrash: 'hold' }));
    assert.equal(host.children.length, 1);
    const sent = host.child.last('configure');
    assert.equal(sent?.instances[0]?.priority, 50);
    assert.equal(sent.onCrash, 'hold');
  });

  it('leaves when the file has no instances any more, and comes back with them', async () => {
    const { host, side } = await started();
    await side.follow(null);
    assert.equal(host.child.ended, true);
    assert.equal(side.status, null);
    await side.follow(haSettings([shop]));
    assert.equal(host.children.length, 2);
  });

  it('tells what it runs without', async () => {
    const { host, side, logged } = create();
    await side.follow(haSettings([shop]));
    host.child.say({ kind: 'ready', shortcomings: ['no real-time priority: set LimitRTPRIO=50'] });
    assert.deepEqual(side.status?.process.shortcomings, ['no real-time priority: set LimitRTPRIO=50']);
    assert.deepEqual(logged, ['lvsd-vrrp: no real-time priority: set LimitRTPRIO=50']);
  });
});

describe('when lvsd-vrrp has gone', () => {
  it("an address that it said it does not hold, in fault, is left alone: it may be the host's own", async () => {
    const { host } = await started();
    const fault = vrrpRole('vi_shop', 'fault', { held: [] });
    host.child.say({ kind: 'roles', roles: [fault, vrrpRole('vi_blog', 'fault', { held: ['192.0.2.11'] })] });
    host.child.end('SIGKILL');
    assert.ok(!host.log.includes('removed 192.0.2.10'));
    assert.ok(host.log.includes('removed 192.0.2.11'));
  });

  it('its addresses are removed in the very turn, all of them', async () => {
    const { host } = await started();
    host.child.end('SIGKILL');
    assert.deepEqual(host.log, [
      'child 1 gone',
      'removed 192.0.2.10',
      'removed 192.0.2.11',
      'removed 10.0.1.254',
    ]);
  });

  it('is started again, with its configuration, later each time, at most ten seconds', async () => {
    const { host, clock } = await started();
    const waits: number[] = [];
    for (let count = 1; count <= 9; count++) {
      host.child.end('exit code 1');
      const before = clock.nowMs();
      while (host.children.length === count) clock.advance(10);
      waits.push(clock.nowMs() - before);
    }
    assert.deepEqual(waits, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    assert.deepEqual(host.child.last('configure')?.instances, [shop, blog]);
  });

  it('is started soon again when it had run for a minute', async () => {
    const { host, clock } = await started();
    for (const count of [1, 2, 3]) {
      host.child.end('exit code 1');
      while (host.children.length === count) clock.advance(10);
    }
    for (let count = 0; count < 6; count++) {
      host.child.say({ kind: 'roles', roles: [] });
      clock.advance(10_000);
    }
    host.child.end('exit code 1');
    clock.advance(100);
    assert.equal(host.children.length, 5);
  });

  it('is told once, and when it runs again', async () => {
    const { host, clock, told, logged } = await started();
    host.child.end('SIGKILL');
    clock.advance(100);
    host.child.end('exit code 1');
    clock.advance(200);
    host.child.say({ kind: 'ready', shortcomings: [] });
    assert.deepEqual(told(), [
      'vrrp-down: lvsd-vrrp ended: SIGKILL; addresses of its instances are removed, it is started again in 100 ms',
      'vrrp-up: lvsd-vrrp runs again, pid 3, and begins as backup',
    ]);
    assert.equal(logged.length, 1);
  });

  it('leaves no instance with a role', async () => {
    const { host, side, told, clock } = await started();
    host.child.say({ kind: 'roles', roles: [vrrpRole('vi_shop', 'active', { held: ['192.0.2.10'] })] });
    clock.advance(5000);
    host.child.end('SIGSEGV');
    const [first] = side.status?.instances ?? [];
    assert.equal(first?.state, 'initialize');
    assert.deepEqual(first.held, []);
    assert.equal(first.sinceMs, clock.wallMs());
    assert.deepEqual(side.status?.process, {
      running: false,
      pid: null,
      reason: 'it ended (SIGSEGV) and is started again',
      restarts: 0,
      shortcomings: [],
    });
    assert.ok(told().includes('role-changed: vi_shop: active to initialize: lvsd-vrrp ended: SIGSEGV'));
  });

  it('says which address could not be removed', async () => {
    const { host, logged } = await started();
    host.failure = 'remove 192.0.2.10/24 on eth0: EPERM';
    host.child.end('SIGKILL');
    assert.ok(logged.includes('remove 192.0.2.10/24 on eth0: EPERM'));
  });

  it('a new configuration waits for the start that is due', async () => {
    const { host, side, clock } = await started();
    host.child.end('SIGKILL');
    await side.follow(haSettings([blog]));
    assert.equal(host.children.length, 1);
    clock.advance(100);
    assert.deepEqual(host.child.last('configure')?.instances, [blog]);
  });

  it('in the middle of a reload, the addresses that the reload takes away are removed, too', async () => {
    const { host, side } = await started();
    host.child.say({ kind: 'roles', roles: [vrrpRole('vi_shop', 'active'), vrrpRole('vi_blog', 'active')] });
    await side.follow(haSettings([shop]));
    host.child.say({ kind: 'roles', roles: [vrrpRole('vi_shop', 'active'), vrrpRole('vi_blog', 'active')] });
    host.child.end('SIGSEGV');
    assert.ok(host.log.includes('removed 192.0.2.11'));
  });

  it('after a reload, addresses that it took away are nobody’s any more', async () => {
    const { host, side } = await started();
    await side.follow(haSettings([shop]));
    for (let count = 0; count < 2; count++)
      host.child.say({ kind: 'roles', roles: [vrrpRole('vi_shop', 'active')] });
    host.child.end('SIGSEGV');
    assert.deepEqual(host.log, ['child 1 gone', 'removed 192.0.2.10']);
  });

  it('or hangs: one that says nothing any more is ended', async () => {
    const { host, clock, told } = await started();
    const { child } = host;
    for (let count = 0; count < 10; count++) {
      clock.advance(5000);
      child.say({ kind: 'roles', roles: [] });
    }
    clock.stall(60_000);
    clock.advance(SILENT_BEATS * HEARTBEAT_MS - 2000);
    assert.equal(child.ended, false, 'a director that stood still has heard nothing');
    clock.advance(2000);
    assert.equal(child.ended, true);
    assert.match(told()[0] ?? '', /^vrrp-down: lvsd-vrrp ended: it has said nothing for 20 s; /);
    clock.advance(1000);
    assert.equal(host.children.length, 2);
  });

  it('what it says that is no message ends it, and is the reason', async () => {
    const { host, told } = await started();
    host.child.sayAnything({ kind: 'roles', roles: 'none' });
    assert.equal(host.child.ended, true);
    assert.match(told()[0] ?? '', /^vrrp-down: lvsd-vrrp ended: read message of lvsd-vrrp: .*roles/);
    assert.ok(host.log.includes('removed 192.0.2.10'));
  });
});

describe('a stop', () => {
  it('waits for the goodbye, removes what may be left, and does not start it again', async () => {
    const { host, side, clock } = await started();
    await side.close();
    assert.deepEqual(host.log.slice(0, 2), ['goodbye', 'child 1 gone']);
    assert.ok(host.log.includes('removed 192.0.2.10'));
    clock.advance(60_000);
    assert.equal(host.children.length, 1);
    assert.equal(clock.pending, 0);
    await side.close();
  });

  it('ends one that does not leave after two seconds, and says so', async () => {
    const { host, side, clock, told } = await started();
    host.child.polite = false;
    const closing = side.close();
    await settle();
    clock.advance(1999);
    assert.equal(host.child.ended, false);
    clock.advance(1);
    await closing;
    assert.deepEqual(host.log.slice(0, 2), ['child 1 gone', 'removed 192.0.2.10']);
    assert.match(told().at(-1) ?? '', /^vrrp-down: stop lvsd-vrrp: it did not end by itself/);
  });

  it('begins nothing that a reload still asks for', async () => {
    const { host, side, clock, told } = await started();
    const closing = side.close();
    host.child.end('exit code 0');
    await closing;
    await side.follow(haSettings([shop]));
    clock.advance(60_000);
    assert.equal(host.children.length, 1);
    assert.equal(side.status, null);
    assert.deepEqual(told(), []);
  });

  it('while it waits to be started again, ends at once', async () => {
    const { host, side, clock } = await started();
    host.child.end('SIGKILL');
    await side.close();
    clock.advance(60_000);
    assert.equal(host.children.length, 1);
  });

  it('tells of those that were active that they are so no more', async () => {
    const { host, side, told } = await started();
    host.child.say({ kind: 'roles', roles: [vrrpRole('vi_shop', 'active')] });
    await side.close();
    assert.deepEqual(told(), ['role-changed: vi_shop: active to initialize: it stops']);
  });
});

describe('roles', () => {
  it('are unknown until they are told', async () => {
    const { side } = await started();
    const instances = side.status?.instances ?? [];
    assert.deepEqual(
      instances.map(({ instance, state, reason }) => [instance, state, reason]),
      [
        ['vi_shop', 'initialize', 'lvsd-vrrp has not told yet'],
        ['vi_blog', 'initialize', 'lvsd-vrrp has not told yet'],
      ],
    );
    assert.deepEqual(instances[1]?.addresses, ['192.0.2.11/24', '10.0.1.254/24 on eth1']);
  });

  it('are told as events, with the reason, and known before the next account', async () => {
    const { host, side, events } = await started();
    host.child.say({
      kind: 'transition',
      instance: 'vi_shop',
      from: 'backup',
      to: 'active',
      atMs: 1234,
      reason: 'nobody was heard for 3610 ms',
    });
    const [event] = events.since(0).events;
    assert.equal(event?.type, 'role-changed');
    assert.equal(event.instance, 'vi_shop');
    assert.equal(event.message, 'vi_shop: backup to active: nobody was heard for 3610 ms');
    const [role] = side.status?.instances ?? [];
    assert.equal(role?.state, 'active');
    assert.equal(role.sinceMs, 1234);
  });

  it('of an active director are told to whoever waits for its addresses', async () => {
    const { host, logged } = await started();
    const transition = { kind: 'transition', instance: 'vi_shop', atMs: 0, reason: 'x' } as const;
    host.child.say({ ...transition, from: 'initialize', to: 'backup' });
    assert.deepEqual(logged, []);
    host.child.say({ ...transition, from: 'backup', to: 'active' });
    assert.deepEqual(logged, ['became active']);
  });

  it('of instances that stay outlive a reload; those of others are forgotten', async () => {
    const { host, side } = await started();
    host.child.say({
      kind: 'roles',
      roles: [vrrpRole('vi_shop', 'active'), vrrpRole('vi_blog', 'backup')],
    });
    await side.follow(haSettings([{ ...shop, priority: 10 }]));
    host.child.say({ kind: 'roles', roles: [vrrpRole('vi_blog', 'backup')] });
    assert.deepEqual(
      side.status?.instances.map(({ instance, state }) => [instance, state]),
      [['vi_shop', 'active']],
    );
  });

  it('come with problems, which are events of their instance', async () => {
    const { host, events } = await started();
    host.child.say({ kind: 'problem', instance: 'vi_shop', message: 'add 192.0.2.10/24 on eth0: EPERM' });
    const [event] = events.since(0).events;
    assert.equal(event?.type, 'instance-problem');
    assert.equal(event.message, 'vi_shop: add 192.0.2.10/24 on eth0: EPERM');
  });
});

describe('the lock of the network namespace', () => {
  it('is taken once, where the kernel plane has not got it, and given back last', async () => {
    const calls: string[] = [];
    const host = new FakeHaHost(() => {
      calls.push('lock');
      return Promise.resolve({ release: () => Promise.resolve(void calls.push('release')) });
    });
    const { side } = create({ host });
    await side.lock(haSettings([shop]));
    await side.follow(haSettings([shop]));
    await side.close();
    assert.deepEqual(calls, ['lock']);
    await side.release();
    assert.deepEqual(calls, ['lock', 'release']);
  });

  it('that another one has keeps a director from starting', async () => {
    const host = new FakeHaHost(() => Promise.reject(new Error('another lvsd drives the kernel here')));
    const { side } = create({ host });
    await assert.rejects(side.lock(haSettings([shop])), /another lvsd/);
  });

  it('that another one has at a reload leaves the instances out, loudly', async () => {
    const host = new FakeHaHost(() => Promise.reject(new Error('another lvsd drives the kernel here')));
    const { side, told } = create({ host });
    await side.follow(haSettings([shop]));
    assert.deepEqual(host.children, []);
    assert.deepEqual(told(), ['vrrp-down: start lvsd-vrrp: another lvsd drives the kernel here']);
    assert.equal(side.status?.process.reason, 'another lvsd drives the kernel here');
  });
});
