import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '../../../src/base/clock.js';
import { Watchdog } from '../../../src/daemon/watchdog.js';
import { FakeClock } from '../../support/fake-clock.js';

/** A loop that is busy: every timer fires `lateMs` after its time. */
class BusyClock implements Clock {
  readonly fake = new FakeClock();
  lateMs = 0;
  wallOffsetMs = 0;
  wallMs = () => this.fake.wallMs() + this.wallOffsetMs;
  nowMs = () => this.fake.nowMs();
  after = (delayMs: number, callback: () => void) => this.fake.after(delayMs + this.lateMs, callback);
}

const limitMs = 30_000;

function fixture(resync = 10_000) {
  const clock = new BusyClock();
  const feeds: number[] = [];
  const errors: string[] = [];
  const infos: string[] = [];
  const settings = { resyncMs: resync };
  const watchdog = new Watchdog({
    clock,
    limitMs,
    resyncMs: () => settings.resyncMs,
    feed: () => feeds.push(clock.nowMs()),
    log: { error: (message) => errors.push(message), info: (message) => infos.push(message) },
  });
  /** Lets time pass with a round every second, as long as `rounds`. */
  const pass = (seconds: number, rounds = true): void => {
    for (let second = 0; second < seconds; second++) {
      clock.fake.advance(1000);
      if (rounds) watchdog.roundFinished();
    }
  };
  return { clock, watchdog, feeds, errors, infos, settings, pass };
}

function longestGap(feeds: readonly number[]): number {
  return Math.max(...feeds.slice(1).map((at, index) => at - (feeds[index] ?? 0)));
}

describe('Watchdog', () => {
  it('feeds at once and then every half limit, for ever', () => {
    const { watchdog, feeds, errors, pass } = fixture();
    watchdog.start();
    assert.deepEqual(feeds, [0]);
    pass(3600);
    assert.equal(longestGap(feeds), 15_000);
    assert.equal(feeds.length, 241);
    assert.deepEqual(errors, []);
  });

  it('counts a round that finds nothing: rounds are all it hears of', () => {
    const { watchdog, feeds, pass } = fixture();
    watchdog.start();
    pass(29, false);
    watchdog.roundFinished();
    pass(29, false);
    assert.equal(longestGap(feeds), 15_000);
  });

  it('stops feeding when no round has ended for three times resync, and says why once', () => {
    const { watchdog, feeds, errors, pass } = fixture(10_000);
    watchdog.start();
    pass(300, false);
    assert.ok(
      feeds.every((at) => at < 30_000),
      String(feeds),
    );
    assert.deepEqual(errors, [
      'watchdog not fed: the last reconcile ended 37.5 s ago, 30 s (3 x resync) are allowed; the service manager ends lvsd 30 s after the last feed',
    ]);
  });

  it('feeds again when a round ends, and says so', () => {
    const { watchdog, feeds, infos, pass } = fixture(10_000);
    watchdog.start();
    pass(44, false);
    const before = feeds.length;
    watchdog.roundFinished();
    pass(5, true);
    assert.equal(feeds.length, before + 1);
    assert.equal(infos.length, 1);
    assert.match(infos[0] ?? '', /^watchdog fed again; it was not because the last reconcile/);
  });

  it('follows a resync that a reload has changed', () => {
    const { watchdog, settings, errors, pass } = fixture(10_000);
    watchdog.start();
    settings.resyncMs = 60_000;
    pass(170, false);
    assert.deepEqual(errors, []);
    pass(20, false);
    assert.match(errors.join(), /180 s \(3 x resync\) are allowed/);
  });

  it('does not feed while the loop is late at every look, although timers fire and rounds end', () => {
    const { clock, watchdog, feeds, errors, pass } = fixture();
    watchdog.start();
    pass(60);
    clock.lateMs = 2500;
    pass(10);
    const before = feeds.length;
    pass(120);
    assert.equal(feeds.length, before);
    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? '', /the event loop is 2500 ms late, 2000 ms are allowed/);
    clock.lateMs = 0;
    pass(10);
    assert.equal(feeds.length, before + 1);
  });

  it('forgives a loop that is late once: the next look feeds within the limit', () => {
    const { clock, watchdog, feeds, errors, pass } = fixture();
    watchdog.start();
    pass(14);
    clock.lateMs = 8000;
    pass(3);
    clock.lateMs = 0;
    pass(60);
    assert.ok(longestGap(feeds) < limitMs, String(feeds));
    assert.deepEqual(errors, []);
  });

  it('is not moved by a wall clock that is set', () => {
    const { clock, watchdog, feeds, errors, pass } = fixture();
    watchdog.start();
    pass(20);
    clock.wallOffsetMs = 10 * 365 * 86_400_000;
    pass(20);
    clock.wallOffsetMs = -86_400_000;
    pass(20);
    assert.deepEqual(errors, []);
    assert.equal(longestGap(feeds), 15_000);
  });

  it('leaves no timer behind, and feeds no more after close', () => {
    const { clock, watchdog, feeds, pass } = fixture();
    watchdog.start();
    watchdog.start();
    assert.equal(clock.fake.pending, 1);
    const before = feeds.length;
    watchdog.close();
    watchdog.close();
    assert.equal(clock.fake.pending, 0);
    pass(100);
    assert.equal(feeds.length, before);
  });
});
