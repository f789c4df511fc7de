import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NotifyFailure } from '../../../native/libc/notify.js';
import { ServiceManager, takeManagerRequest, type ManagerChannel } from '../../../src/daemon/notify.js';
import { FakeClock } from '../../support/fake-clock.js';
import { NotifyReceiver } from '../../support/notify-receiver.js';

/** A manager that takes what it is told to take. */
class FakeManager implements ManagerChannel {
  readonly messages: string[] = [];
  failure: NotifyFailure | null = null;
  closed = 0;
  send(lines: readonly string[]): NotifyFailure | null {
    if (this.failure === null) this.messages.push(lines.join('|'));
    return this.failure;
  }
  monotonicUsec(): bigint {
    return 123_456n;
  }
  close(): void {
    this.closed++;
  }
  /** What has come since the last call. */
  take(): string[] {
    return this.messages.splice(0);
  }
}

const full: NotifyFailure = { message: 'notify /n: sendmsg: EAGAIN', retryable: true };
const gone: NotifyFailure = { message: 'notify /n: sendmsg: ECONNREFUSED', retryable: false };

function fixture(request: { socket: string | null; watchdogMs: number | null }) {
  const clock = new FakeClock();
  const channel = new FakeManager();
  const errors: string[] = [];
  const line = { text: '3 services, 12 servers' };
  let described = 0;
  const manager = new ServiceManager({
    clock,
    request,
    log: { error: (message) => errors.push(message), info: () => undefined },
    resyncMs: () => 10_000,
    describe: () => {
      described++;
      return line.text;
    },
    open: () => Promise.resolve(channel),
  });
  return { clock, channel, manager, errors, line, described: () => described };
}

const watched = { socket: '/n', watchdogMs: 8000 };
const unwatched = { socket: '/n', watchdogMs: null };

describe('takeManagerRequest', () => {
  it('reads the variables and leaves none to the programs that lvsd starts', () => {
    const environment = { NOTIFY_SOCKET: '/n', WATCHDOG_USEC: '30000000', WATCHDOG_PID: '77', PATH: '/bin' };
    assert.deepEqual(takeManagerRequest(environment, 77), { socket: '/n', watchdogMs: 30_000 });
    assert.deepEqual(environment, { PATH: '/bin' });
  });

  it('leaves a watchdog of another process to that one', () => {
    const environment = { NOTIFY_SOCKET: '/n', WATCHDOG_USEC: '30000000', WATCHDOG_PID: '78' };
    assert.equal(takeManagerRequest(environment, 77).watchdogMs, null);
  });

  it('takes a watchdog without WATCHDOG_PID for its own', () => {
    assert.equal(takeManagerRequest({ WATCHDOG_USEC: '5000000' }, 77).watchdogMs, 5000);
  });

  for (const value of ['', '0', '-1', 'often', 'Infinity']) {
    it(`asks for no watchdog with WATCHDOG_USEC=${value}`, () => {
      assert.equal(takeManagerRequest({ WATCHDOG_USEC: value }, 77).watchdogMs, null);
    });
  }

  it('hears of no manager in an empty environment', () => {
    assert.deepEqual(takeManagerRequest({ NOTIFY_SOCKET: '' }, 77), { socket: null, watchdogMs: null });
  });
});

describe('ServiceManager', () => {
  it('tells start, readiness, reload and end in order, each readiness with a line for people', async () => {
    const { channel, manager, line } = fixture(unwatched);
    await manager.starting();
    assert.deepEqual(channel.take(), ['EXTEND_TIMEOUT_USEC=30000000']);
    manager.ready();
    assert.deepEqual(channel.take(), ['READY=1|STATUS=3 services, 12 servers']);
    manager.reloading();
    line.text = '4 services, 12 servers';
    manager.reloaded();
    assert.deepEqual(channel.take(), [
      'RELOADING=1|MONOTONIC_USEC=123456',
      'READY=1|STATUS=4 services, 12 servers',
    ]);
    manager.stopping('the table stays');
    assert.deepEqual(channel.take(), ['STOPPING=1|STATUS=the table stays']);
  });

  it('asks for more time while a start lasts, but not for ever', async () => {
    const { clock, channel, manager } = fixture(unwatched);
    await manager.starting();
    clock.advance(25_000);
    assert.equal(channel.take().length, 3);
    clock.advance(3_600_000);
    assert.equal(channel.take().length, 58);
    assert.equal(clock.pending, 0);
  });

  it('asks for no more time once it is ready', async () => {
    const { clock, channel, manager } = fixture(unwatched);
    await manager.starting();
    manager.ready();
    channel.take();
    clock.advance(100_000);
    assert.deepEqual(channel.take(), []);
  });

  it('sends the line for people when it has changed, at most once a second', async () => {
    const { clock, channel, manager, line, described } = fixture(unwatched);
    await manager.starting();
    manager.ready();
    channel.take();
    for (let round = 0; round < 50; round++) manager.roundFinished();
    line.text = '3 services, 12 servers, 1 down';
    clock.advance(1000);
    assert.deepEqual(channel.take(), ['STATUS=3 services, 12 servers, 1 down']);
    assert.equal(described(), 2);
    manager.statusChanged();
    clock.advance(5000);
    assert.deepEqual(channel.take(), []);
  });

  it('sends no line before it is ready', async () => {
    const { clock, channel, manager } = fixture(unwatched);
    await manager.starting();
    channel.take();
    manager.roundFinished();
    clock.advance(2000);
    assert.deepEqual(channel.take(), []);
  });

  it('keeps a line for people on one line: what follows a break would be an assignment', async () => {
    const { channel, manager, line } = fixture(unwatched);
    line.text = 'shop: failed\nMAINPID=1';
    await manager.starting();
    manager.ready();
    assert.equal(channel.take()[1], 'READY=1|STATUS=shop: failed; MAINPID=1');
  });

  it('feeds the watchdog from readiness to the end, as long as rounds end', async () => {
    const { clock, channel, manager } = fixture(watched);
    await manager.starting();
    clock.advance(9000);
    assert.ok(!channel.take().includes('WATCHDOG=1'));
    manager.ready();
    clock.advance(12_000);
    assert.equal(channel.take().filter((message) => message === 'WATCHDOG=1').length, 4);
    manager.roundFinished();
    clock.advance(12_000);
    assert.equal(channel.take().filter((message) => message === 'WATCHDOG=1').length, 3);
    clock.advance(30_000);
    channel.take();
    clock.advance(30_000);
    assert.deepEqual(channel.take(), []);
    manager.roundFinished();
    manager.stopping('');
    channel.take();
    clock.advance(30_000);
    assert.deepEqual(channel.take(), []);
  });

  it('keeps the order of states that a manager with a full queue did not take', async () => {
    const { clock, channel, manager, errors } = fixture(unwatched);
    await manager.starting();
    channel.take();
    channel.failure = full;
    manager.ready();
    manager.reloading();
    clock.advance(1000);
    assert.deepEqual(channel.take(), []);
    channel.failure = null;
    clock.advance(100);
    assert.deepEqual(
      channel.take().map((message) => message.split('|')[0]),
      ['READY=1', 'RELOADING=1'],
    );
    assert.deepEqual(errors, []);
  });

  it('does not collect states without end for a manager that never reads', async () => {
    const { clock, channel, manager } = fixture(unwatched);
    await manager.starting();
    channel.take();
    channel.failure = full;
    for (let reload = 0; reload < 1000; reload++) {
      manager.reloading();
      manager.reloaded();
    }
    channel.failure = null;
    clock.advance(100);
    const messages = channel.take();
    assert.ok(messages.length <= 17, String(messages.length));
    assert.match(messages.at(-1) ?? '', /^READY=1/);
  });

  it('logs once that the manager is gone, and goes on', async () => {
    const { clock, channel, manager, errors } = fixture(watched);
    channel.failure = gone;
    await manager.starting();
    manager.ready();
    clock.advance(20_000);
    manager.stopping('');
    manager.close();
    assert.deepEqual(errors, [
      'notify /n: sendmsg: ECONNREFUSED; the service manager does not hear of this director',
    ]);
  });

  it('does nothing without a manager: no timer, no question', async () => {
    const { clock, channel, manager, described } = fixture({ socket: null, watchdogMs: 8000 });
    await manager.starting();
    manager.ready();
    manager.reloading();
    manager.reloaded();
    manager.roundFinished();
    manager.stopping('');
    assert.equal(clock.pending, 0);
    assert.equal(described(), 0);
    assert.deepEqual(channel.take(), []);
    manager.close();
  });

  it('leaves no timer and no socket behind, whenever it is closed', async () => {
    const { clock, channel, manager } = fixture(watched);
    await manager.starting();
    manager.ready();
    channel.failure = full;
    manager.roundFinished();
    manager.reloading();
    manager.close();
    manager.close();
    assert.equal(clock.pending, 0);
    assert.equal(channel.closed, 1);
  });

  it('speaks over a real socket', async () => {
    const name = `@lvsd-manager-test-${process.pid}`;
    const receiver = new NotifyReceiver(name);
    const manager = new ServiceManager({
      clock: new FakeClock(),
      request: { socket: name, watchdogMs: 60_000 },
      log: { error: (message) => assert.fail(message), info: (message) => assert.fail(message) },
      resyncMs: () => 30_000,
      describe: () => '1 service, 1 server',
    });
    await manager.starting();
    manager.ready();
    manager.close();
    assert.deepEqual(receiver.read(), [
      'EXTEND_TIMEOUT_USEC=30000000',
      'READY=1\nSTATUS=1 service, 1 server',
      'WATCHDOG=1',
    ]);
    receiver.close();
  });
});
